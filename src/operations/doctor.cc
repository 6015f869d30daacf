// doctor: what is installed, which versions of formats go with it, and how locations stand to them.

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/duckdb/file_header.h"
#include "format/delta/protocol.h"
#include "format/delta/write_gate.h"
#include "format/ducklake/versions.h"
#include "format/iceberg/metadata.h"
#include "operations/open_endpoint.h"
#include "operations/s3_of_location.h"
#include "operations/session.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::array kExtensions = {
    "sqlite_scanner", "postgres_scanner", "ducklake", "delta", "httpfs", "avro", "iceberg"};

DoctorCheck check_state_folder(const fs::path& folder) {
  DoctorCheck check{"state folder", false, folder.string()};
  if (!fs::exists(folder)) {
    std::error_code code;
    const fs::path parent = fs::absolute(folder, code).parent_path();
    check.sound = ::access(parent.c_str(), W_OK) == 0;
    check.detail += check.sound ? ": not there yet, the first run makes it"
                                : ": cannot be made, its folder is not writable";
    return check;
  }
  Result<Journal> journal = Journal::open(folder, false);
  if (!journal) {
    check.detail += ": " + journal.error().message;
    return check;
  }
  const Result<std::vector<RunRecord>> runs = journal->runs();
  if (!runs) {
    check.detail += ": " + runs.error().message;
    return check;
  }
  for (const RunRecord& run : *runs) {
    if (const Status chain = journal->check_chain(run.run); !chain) {
      check.detail += ": run " + run.run + ": " + chain.error().message;
      return check;
    }
  }
  check.sound = ::access(folder.c_str(), W_OK) == 0;
  check.detail +=
      fmt::format(": {} run{}, hash chains {}", runs->size(), runs->size() == 1 ? "" : "s",
                  check.sound ? "sound" : "sound, but the folder is not writable");
  return check;
}

// Keys that are not there are no fault of the installation: most moves need none.
DoctorCheck check_s3(const Config& config) {
  const Result<S3Settings> settings = s3_settings_of(Location{}, config);
  if (!settings) return {"S3", false, settings.error().message + ": " + settings.error().hint};
  const std::string where = settings->endpoint.empty() ? "Amazon" : settings->endpoint;
  const std::string keys =
      settings->has_keys()
          ? fmt::format("key {} from {}", settings->access_key_id, settings->keys_found_in)
          : "no keys found";
  return {"S3", true, fmt::format("{}, {}, region {}", keys, where, settings->region)};
}

void check_engine(Sluice::Impl& impl, std::vector<DoctorCheck>& checks) {
  const auto version = [&]() -> Result<std::string> {
    TRY_ASSIGN(Engine* const engine, impl.engine());
    TRY_ASSIGN(const auto connection, engine->connect());
    TRY_ASSIGN(const auto text, connection->value("SELECT version()"));
    return text.value_or("?");
  }();
  checks.push_back(
      {"engine", version.has_value(), version ? "DuckDB " + *version : version.error().message});
  if (!version) return;
  Engine& engine = **impl.engine();
  for (const char* name : kExtensions) {
    const Status loaded = engine.load_extension(name);
    checks.push_back({std::string("extension ") + name, loaded.has_value(),
                      loaded ? (extensions_folder() / name).string() + ".duckdb_extension"
                             : loaded.error().message});
  }
}

// Which versions of each format this program goes with.
void add_known_versions(std::vector<DoctorCheck>& checks) {
  checks.push_back(
      {"DuckDB files", true,
       fmt::format("storage versions {} to {}; what a newer DuckDB has changed to a "
                   "later one is not changed back: back it up before",
                   duckdb::kDuckdbStorageVersionMin, duckdb::kDuckdbStorageVersionMax)});
  checks.push_back(
      {"DuckLake catalogs", true, fmt::format("format version {}", ducklake::kVersionWritten)});
  checks.push_back({"Delta tables", true,
                    fmt::format("reader versions up to {}, writer versions up to {}",
                                delta::kReaderVersionMax, delta::kWriterVersionMax)});
  checks.push_back(
      {"Iceberg tables", true, fmt::format("format versions 1 to {}", iceberg::kFormatVersionMax)});
}

// What a location was written by, and that it can be read.
DoctorCheck check_location(Sluice::Impl& impl, const std::string& location) {
  const auto version = [&]() -> Result<std::string> {
    TRY_ASSIGN(const Place place, impl.place(location));
    TRY_ASSIGN(Engine* const engine, impl.engine());
    TRY_ASSIGN(const auto endpoint, open_endpoint(place.location, *engine, false));
    TRY_ASSIGN(const auto session, endpoint->read());
    TRY_ASSIGN(const Inventory inventory, session->inspect());
    return fmt::format("{}, {} table{}", inventory.version, inventory.tables.size(),
                       inventory.tables.size() == 1 ? "" : "s");
  }();
  if (version) return {location, true, *version};
  const Error& error = version.error();
  return {location, false, error.hint.empty() ? error.message : error.message + "; " + error.hint};
}

// Whether the scripts of a folder go with a location's schema.
DoctorCheck check_schema(Sluice& sluice, const std::string& location, const fs::path& scripts) {
  DoctorCheck check{"schema of " + location, false, ""};
  EvolveOptions options;
  options.location = location;
  options.folder = scripts;
  const Result<EvolveReport> report = sluice.evolve_status(options);
  if (!report) {
    check.detail = report.error().message;
    return check;
  }
  check.sound = report->state == "current" || report->state == "pending";
  check.detail = fmt::format("version {}, newest script {}: {}", report->version,
                             report->newest_script, report->state);
  for (const EvolveFinding& finding : report->findings) check.detail += "; " + finding.message;
  return check;
}

}  // namespace

Result<std::vector<DoctorCheck>> Sluice::doctor(const DoctorOptions& options) {
  std::vector<DoctorCheck> checks;
  checks.push_back({"sluice", true, SLUICE_VERSION});
  check_engine(*impl_, checks);
  add_known_versions(checks);
  checks.push_back(check_state_folder(impl_->settings.state_folder));
  const Result<Config*> config = impl_->config();
  const std::string file = config ? (*config)->file().string() : "";
  checks.push_back({"configuration", config.has_value(),
                    !config        ? config.error().message
                    : file.empty() ? "no sluice.toml here"
                                   : file});
  if (config) checks.push_back(check_s3(**config));
  const Result<std::uint64_t> free = free_bytes(impl_->settings.state_folder);
  checks.push_back({"disk of the state folder", free.has_value() && *free > 0,
                    free ? format_bytes(*free) + " free" : free.error().message});
  checks.push_back({"memory", true, format_bytes(impl_->memory_bytes()) + " may be used"});
  for (const std::string& location : options.locations) {
    checks.push_back(check_location(*impl_, location));
    if (options.scripts.empty() || !checks.back().sound) continue;
    checks.push_back(check_schema(*this, location, options.scripts));
  }
  return checks;
}

}  // namespace sluice
