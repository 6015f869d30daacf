#include "endpoint/delta/delta_endpoint.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/files.h"
#include "endpoint/delta/find_tables.h"
#include "endpoint/delta/read.h"
#include "endpoint/delta/write.h"
#include "endpoint/reach_files.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "delta";
  out.atomic_publish = false;
  out.not_null = out.comments = true;
  out.folds_case = true;
  out.names_are_files = true;
  out.exact_chunks = out.partitions = out.row_groups = true;
  return out;
}

class DeltaEndpoint final : public Endpoint {
 public:
  DeltaEndpoint(Location location, DeltaMoment moment, Engine& engine, bool for_writing)
      : location_(std::move(location)),
        moment_(std::move(moment)),
        engine_(engine),
        for_writing_(for_writing) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return delta_rule(type); }

  // A number means a version of one table: tables of a tree have versions of their own.
  Result<std::unique_ptr<ReadSession>> read() override {
    TRY_ASSIGN(const auto found, tables());
    if (moment_.version && found.size() > 1) {
      return fail(
          Error(ErrorKind::kInvalid, fmt::format("{} has {} tables, each with versions of its own",
                                                 location_.display(), found.size()))
              .about(location_.display())
              .advise("name one table, delta:DIR/TABLE, or a time instead of a version"));
    }
    std::vector<delta::TableState> tables;
    for (const delta::FoundTable& one : found) {
      TRY_ASSIGN(delta::TableState state, delta::load_table(one, moment_, engine_));
      TRY_ASSIGN(state.zone_offset, delta::zone_offset_of(location_));
      tables.push_back(std::move(state));
    }
    return delta::session_of(std::move(tables), engine_, delta::root_of(location_));
  }

  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    return delta::write_tables(location_, engine_, run, plan);
  }
  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported, "a lake is not backed up as one file")
                    .about(location_.display()));
  }
  Result<std::uint64_t> free_space() override {
    std::error_code code;
    fs::path folder = delta::root_of(location_);
    if (is_remote_path(folder.native())) return std::uint64_t{0};
    while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
    return free_bytes(folder);
  }

 private:
  // Where tables are only to come there may be none yet.
  Result<std::vector<delta::FoundTable>> tables() const {
    auto found = delta::find_tables(location_, engine_);
    if (found || !for_writing_ || found.error().kind != ErrorKind::kNotFound) return found;
    return std::vector<delta::FoundTable>();
  }

  Location location_;
  DeltaMoment moment_;
  Engine& engine_;
  bool for_writing_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_delta(const Location& location, Engine& engine,
                                             bool for_writing) {
  TRY_ASSIGN(DeltaMoment moment, delta::moment_of(location));
  if (for_writing && (moment.version || !moment.time.empty())) {
    return fail(Error(ErrorKind::kInvalid, "a table is written at its newest version only")
                    .about(location.display())
                    .advise("leave snapshot= and at= away"));
  }
  TRY(reach_files(location.path, location, engine));
  TRY_ASSIGN(const auto catalog, delta::TableCatalog::open(location));
  if (catalog && for_writing) TRY(catalog->finish_others(engine));
  const auto found = delta::find_tables(location, engine);
  if (!found && !(for_writing && found.error().kind == ErrorKind::kNotFound)) {
    return fail(found.error());
  }
  return std::make_unique<DeltaEndpoint>(location, std::move(moment), engine, for_writing);
}

}  // namespace sluice
