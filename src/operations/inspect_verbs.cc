// doctor, inspect, types.

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "base/text.h"
#include "operations/open_endpoint.h"
#include "operations/s3_of_location.h"
#include "operations/session.h"
#include "plan/select_tables.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::array kExtensions = {
    "sqlite_scanner", "postgres_scanner", "ducklake", "delta", "httpfs", "avro", "iceberg"};

// One example of every logical type, for the type tables.
std::vector<Type> sample_types() {
  std::vector<Type> types;
  for (int kind = 0; kind < static_cast<int>(TypeKind::kOther); ++kind) {
    Type type = simple_type(static_cast<TypeKind>(kind));
    const Type int32 = simple_type(TypeKind::kInt32);
    switch (type.kind) {
      case TypeKind::kDecimal:
        type = decimal_type(18, 4);
        break;
      case TypeKind::kEnum:
        type.labels = {"a", "b"};
        break;
      case TypeKind::kArray:
        type.array_size = 3;
        type.children = {int32};
        break;
      case TypeKind::kList:
        type.children = {int32};
        break;
      case TypeKind::kStruct:
      case TypeKind::kUnion:
        type.labels = {"a", "b"};
        type.children = {int32, simple_type(TypeKind::kText)};
        break;
      case TypeKind::kMap:
        type.children = {simple_type(TypeKind::kText), int32};
        break;
      default:
        break;
    }
    types.push_back(type);
    if (type.kind == TypeKind::kNumeric) {
      type.precision = 50;
      type.scale = 2;
      types.push_back(type);
    }
    if (type.kind == TypeKind::kText) {
      type.length_max = 40;
      types.push_back(type);
    }
  }
  return types;
}

// Why it is not exact, and which values a plan looks for, because the type does not hold them.
std::string reason_of(const TypeRule& rule) {
  std::vector<std::string> checks;
  for (const ValueCheck& check : rule.checks) checks.push_back(check.message);
  std::vector<std::string> parts;
  if (!rule.reason.empty()) parts.push_back(rule.reason);
  if (!checks.empty()) parts.push_back("each value is looked at: " + join(checks, ", "));
  return join(parts, "; ");
}

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

}  // namespace

Result<std::vector<DoctorCheck>> Sluice::doctor() {
  std::vector<DoctorCheck> checks;
  checks.push_back({"sluice", true, SLUICE_VERSION});
  Result<Engine*> engine = impl_->engine();
  if (engine) {
    TRY_ASSIGN(const auto connection, (*engine)->connect());
    TRY_ASSIGN(const auto version, connection->value("SELECT version()"));
    checks.push_back({"engine", true, "DuckDB " + version.value_or("?")});
    for (const char* name : kExtensions) {
      const Status loaded = (*engine)->load_extension(name);
      checks.push_back({std::string("extension ") + name, loaded.has_value(),
                        loaded ? (extensions_folder() / name).string() + ".duckdb_extension"
                               : loaded.error().message});
    }
  } else {
    checks.push_back({"engine", false, engine.error().message});
  }
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
  return checks;
}

Result<Inventory> Sluice::inspect(const std::string& location, const Selection& selection) {
  TRY_ASSIGN(const Place place, impl_->place(location));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY_ASSIGN(const auto endpoint, open_endpoint(place.location, *engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  TRY_ASSIGN(Inventory inventory, session->inspect());
  if (!selection.tables.empty() || !selection.excludes.empty()) {
    TRY_ASSIGN(std::vector<Table> chosen,
               select_tables(inventory, selection.tables, selection.excludes,
                             endpoint->capabilities().folds_case));
    keep_findings_of(chosen, inventory);
    inventory.tables = std::move(chosen);
  }
  for (Table& table : inventory.tables) {
    if (!table.is_view) TRY(session->survey(table));
    TRY(session->count_where_unknown(table));
    for (const Column& column : table.columns) {
      for (const Hazard& hazard : column.hazards) {
        inventory.findings.push_back(
            {hazard.kind, table.name.display() + "." + column.name, hazard.message});
      }
    }
  }
  return inventory;
}

namespace {

// Types that a system's users make, which sluice reads but makes nowhere.
bool hands_out(const std::string& endpoint, TypeKind kind) {
  return endpoint == "postgres" && (kind == TypeKind::kStruct || kind == TypeKind::kGeometry);
}

}  // namespace

Result<std::vector<TypeRow>> Sluice::types(const std::string& source, const std::string& target) {
  static constexpr std::array kNames = {"duckdb",  "sqlite",   "postgres", "mysql",
                                        "parquet", "ducklake", "delta",    "iceberg"};
  for (const std::string& name : {source, target}) {
    if (name.empty() || std::find(kNames.begin(), kNames.end(), name) != kNames.end()) continue;
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no endpoint", name))
            .about(name)
            .advise(
                "the endpoints are duckdb, sqlite, postgres, mysql, parquet, ducklake, delta and "
                "iceberg"));
  }
  std::vector<TypeRow> rows;
  for (const Type& type : sample_types()) {
    Type travelling = type;
    if (!source.empty()) {
      // What the source itself holds exactly is what can come out of it.
      TRY_ASSIGN(const TypeRule held, rule_of(source, type));
      const bool holds = held.mapping == Mapping::kExact || held.mapping == Mapping::kWidened;
      if (!holds && !hands_out(source, type.kind)) continue;
      if (holds) travelling = held.carried;
    }
    const std::vector<std::string> targets =
        target.empty() ? std::vector<std::string>(kNames.begin(), kNames.end())
                       : std::vector<std::string>{target};
    for (const std::string& name : targets) {
      TRY_ASSIGN(const TypeRule rule, rule_of(name, travelling));
      rows.push_back({to_string(type),
                      target.empty() ? name + ": " + rule.native_type : rule.native_type,
                      std::string(to_string(rule.mapping)), reason_of(rule)});
    }
  }
  return rows;
}

}  // namespace sluice
