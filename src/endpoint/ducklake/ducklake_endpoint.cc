#include "endpoint/ducklake/ducklake_endpoint.h"

#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/read.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {
namespace {

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

}  // namespace

Result<std::unique_ptr<Endpoint>> open_ducklake(const Location& location, Engine& engine,
                                                bool for_writing) {
  TRY_ASSIGN(LakeMoment moment, ducklake::moment_of(location));
  CatalogOptions options;
  options.for_writing = for_writing;
  options.cancel = engine.cancel_token();
  TRY_ASSIGN(auto database, ducklake::open_catalog(location, options));
  return std::make_unique<DuckLakeEndpoint>(location, std::move(moment), std::move(database),
                                            engine);
}

}  // namespace sluice
