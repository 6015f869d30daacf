#include "endpoint/ducklake/ducklake_endpoint.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "endpoint/ducklake/read.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "ducklake";
  out.default_schema = "main";
  out.writable = false;
  out.not_null = out.defaults = out.comments = true;
  out.folds_case = true;
  out.exact_chunks = out.row_groups = true;
  return out;
}

Result<LakeMoment> moment_of(const Location& location) {
  LakeMoment moment;
  const std::string snapshot = location.parameter("snapshot", "");
  moment.time = location.parameter("at", "");
  if (snapshot.empty()) return moment;
  ducklake::Id number = 0;
  const char* const end = snapshot.data() + snapshot.size();
  const auto read = std::from_chars(snapshot.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= 0) {
    moment.snapshot = number;
    return moment;
  }
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("snapshot \"{}\" is not the number of a snapshot", snapshot))
                  .about(location.display())
                  .advise("`sluice lake snapshots` lists them; ?at=TIME takes a time"));
}

class DuckLakeEndpoint : public Endpoint {
 public:
  DuckLakeEndpoint(Location location, LakeMoment moment, std::unique_ptr<CatalogDatabase> database,
                   Engine& engine)
      : location_(std::move(location)),
        moment_(std::move(moment)),
        database_(std::move(database)),
        engine_(engine) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return ducklake_rule(type); }
  Result<std::unique_ptr<ReadSession>> read() override {
    return ducklake::read_lake(*database_, location_.parameter("data_path", ""), moment_, engine_);
  }
  Result<std::unique_ptr<WriteSession>> write(const std::string&, const TargetPlan&) override {
    return fail(Error(ErrorKind::kUnsupported, "this release reads lakes and does not write them")
                    .about(location_.display()));
  }
  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported, "a lake is not backed up as one file")
                    .about(location_.display()));
  }
  Result<std::uint64_t> free_space() override { return std::uint64_t{0}; }

 private:
  Location location_;
  LakeMoment moment_;
  std::unique_ptr<CatalogDatabase> database_;
  Engine& engine_;
};

Result<std::unique_ptr<CatalogDatabase>> open_catalog(const Location& location,
                                                      const CatalogOptions& options) {
  if (location.catalog == "sqlite") {
    return open_sqlite_catalog(fs::absolute(location.path).lexically_normal().string(), options);
  }
  if (location.catalog == "postgres") return open_postgres_catalog(location, options);
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("a catalog of kind \"{}\" is not known", location.catalog))
                  .about(location.display())
                  .advise("catalogs are ducklake:sqlite:PATH and ducklake:postgres://..."));
}

}  // namespace

Result<std::unique_ptr<Endpoint>> open_ducklake(const Location& location, Engine& engine,
                                                bool for_writing) {
  TRY_ASSIGN(LakeMoment moment, moment_of(location));
  CatalogOptions options;
  options.for_writing = for_writing;
  options.cancel = engine.cancel_token();
  TRY_ASSIGN(auto database, open_catalog(location, options));
  TRY_ASSIGN(const bool is_lake, database->has_table("ducklake_snapshot"));
  if (!is_lake && !for_writing) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("{} holds no lake: it has no table ducklake_snapshot",
                                  database->display()))
                    .about(location.display()));
  }
  return std::make_unique<DuckLakeEndpoint>(location, std::move(moment), std::move(database),
                                            engine);
}

}  // namespace sluice
