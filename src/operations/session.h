// Private to operations/: what several verbs share, each part made when it is first needed.
// Starting the engine is the dearest: help, runs and status never ask for it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/config.h"
#include "endpoint/endpoint.h"
#include "engine/engine.h"
#include "journal/journal.h"
#include "migrate/context.h"
#include "sluice/sluice.h"

namespace sluice {

// A location as it was asked for.
struct Place {
  std::string ref;  // what resume opens again: a configured name, or the URI without password
  Location location;
};

struct Sluice::Impl {
  explicit Impl(Settings given) : settings(std::move(given)) {}

  Settings settings;
  std::optional<Config> config_read;
  std::unique_ptr<Engine> engine_started;

  Result<Config*> config();
  Result<Engine*> engine();
  Result<Place> place(const std::string& text);
  int threads(int asked) const;
  std::uint64_t memory_bytes() const;
  Result<Journal> journal(bool create) { return Journal::open(settings.state_folder, create); }
};

}  // namespace sluice
