#include "endpoint/delta/delta_endpoint.h"

#include <fmt/format.h>

#include "endpoint/delta/find_tables.h"
#include "endpoint/delta/read.h"

namespace sluice {
namespace {

constexpr const char* kReadOnly = "this release reads Delta tables and does not write them";

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "delta";
  out.writable = false;
  out.atomic_publish = false;
  out.not_null = out.comments = true;
  out.folds_case = true;
  out.names_are_files = true;
  out.exact_chunks = out.partitions = true;
  return out;
}

class DeltaEndpoint final : public Endpoint {
 public:
  DeltaEndpoint(Location location, DeltaMoment moment, Engine& engine)
      : location_(std::move(location)), moment_(std::move(moment)), engine_(engine) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return delta_rule(type); }

  // A number means a version of one table: tables of a tree have versions of their own.
  Result<std::unique_ptr<ReadSession>> read() override {
    TRY_ASSIGN(const auto found, delta::find_tables(location_));
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
    return delta::session_of(std::move(tables), engine_);
  }

  Result<std::unique_ptr<WriteSession>> write(const std::string&, const TargetPlan&) override {
    return fail(Error(ErrorKind::kUnsupported, kReadOnly).about(location_.display()));
  }
  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported, "a lake is not backed up as one file")
                    .about(location_.display()));
  }
  Result<std::uint64_t> free_space() override { return std::uint64_t{0}; }

 private:
  Location location_;
  DeltaMoment moment_;
  Engine& engine_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_delta(const Location& location, Engine& engine,
                                             bool for_writing) {
  if (for_writing) {
    return fail(Error(ErrorKind::kUnsupported, kReadOnly)
                    .about(location.display())
                    .advise("targets are duckdb, sqlite, postgres, mysql, parquet and ducklake"));
  }
  TRY_ASSIGN(DeltaMoment moment, delta::moment_of(location));
  TRY_ASSIGN(const auto found, delta::find_tables(location));
  return std::make_unique<DeltaEndpoint>(location, std::move(moment), engine);
}

}  // namespace sluice
