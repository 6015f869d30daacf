#include "operations/session.h"

#include <algorithm>
#include <thread>

#include "operations/recognise.h"
#include "operations/s3_of_location.h"

namespace sluice {
namespace {

constexpr const char* kNotesFolder = "notes";  // in the state folder

}  // namespace

Sluice::Sluice(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Sluice::~Sluice() = default;

Result<Config*> Sluice::Impl::config() {
  if (!config_read) {
    TRY_ASSIGN(Config read, load_config(settings.config_file, !settings.config_file.empty()));
    config_read.emplace(std::move(read));
  }
  return &*config_read;
}

Result<Engine*> Sluice::Impl::engine() {
  if (!engine_started) {
    Engine::Options options;
    options.memory_bytes = settings.memory_bytes;
    options.threads = settings.threads;
    options.cancel = settings.cancel;
    TRY_ASSIGN(engine_started, Engine::open(options));
  }
  return engine_started.get();
}

Result<Place> Sluice::Impl::place(const std::string& text) {
  TRY_ASSIGN(Config* const known, config());
  TRY_ASSIGN(Location location, known->resolve(text));
  const bool named = location.kind != "" && !text.starts_with(location.kind) &&
                     text.find_first_of(":/") == std::string::npos;
  TRY_ASSIGN(location, recognise(std::move(location)));
  location.iceberg_login = [known] { return known->iceberg(); };
  location.notes_folder = settings.state_folder / kNotesFolder;
  location.s3 = [known, asked = location] { return s3_settings_of(asked, *known); };
  Place place;
  place.ref = named ? text : location.display();
  place.location = std::move(location);
  return place;
}

int Sluice::Impl::threads(int asked) const {
  if (asked > 0) return asked;
  if (settings.threads > 0) return settings.threads;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::uint64_t Sluice::Impl::memory_bytes() const {
  return settings.memory_bytes == 0 ? default_memory_bytes() : settings.memory_bytes;
}

}  // namespace sluice
