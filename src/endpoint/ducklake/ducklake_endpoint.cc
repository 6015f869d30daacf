#include "endpoint/ducklake/ducklake_endpoint.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/files.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/read.h"
#include "endpoint/ducklake/write.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "ducklake";
  out.default_schema = "main";
  out.not_null = out.defaults = out.comments = true;
  out.folds_case = true;
  out.exact_chunks = out.row_groups = true;
  out.partitions = out.partition_transforms = true;
  return out;
}

class DuckLakeEndpoint : public Endpoint {
 public:
  DuckLakeEndpoint(Location location, LakeMoment moment, Engine& engine, bool for_writing)
      : location_(std::move(location)),
        moment_(std::move(moment)),
        engine_(engine),
        for_writing_(for_writing) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return ducklake_rule(type); }

  Result<std::unique_ptr<ReadSession>> read() override {
    TRY_ASSIGN(const auto database, lake());
    if (database == nullptr) {
      return ducklake::read_no_lake(location_.parameter("data_path", ""), engine_);
    }
    return ducklake::read_lake(*database, location_.parameter("data_path", ""), moment_, engine_);
  }

  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    TRY_ASSIGN(auto database, lake());
    std::string data_path;
    if (database != nullptr) {
      TRY_ASSIGN(data_path, ducklake::known_data_path(*database, location_));
    } else {
      TRY_ASSIGN(data_path, ducklake::new_data_path(location_, engine_));
    }
    return ducklake::write_lake(location_, std::move(database), data_path, engine_, run, plan);
  }

  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported, "a lake is not backed up as one file")
                    .about(location_.display()));
  }

  Result<std::uint64_t> free_space() override {
    std::string path = location_.parameter("data_path", location_.path);
    if (path.empty() || is_remote_path(path)) return std::uint64_t{0};
    std::error_code code;
    fs::path folder = fs::absolute(path);
    while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
    return free_bytes(folder);
  }

 private:
  // Null where there is no lake yet.
  Result<std::unique_ptr<CatalogDatabase>> lake() {
    return ducklake::open_lake(location_, engine_, {for_writing_, engine_.cancel_token()});
  }

  Location location_;
  LakeMoment moment_;
  Engine& engine_;
  bool for_writing_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_ducklake(const Location& location, Engine& engine,
                                                bool for_writing) {
  TRY_ASSIGN(LakeMoment moment, ducklake::moment_of(location));
  if (for_writing && (moment.snapshot || !moment.time.empty())) {
    return fail(Error(ErrorKind::kInvalid, "a lake is written at its newest snapshot only")
                    .about(location.display())
                    .advise("leave snapshot= and at= away"));
  }
  TRY_ASSIGN(const auto database,
             ducklake::open_lake(location, engine, {for_writing, engine.cancel_token()}));
  if (database == nullptr) {
    if (!for_writing) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("there is no lake in {}: no table ducklake_snapshot",
                                    location.display()))
                      .about(location.display())
                      .advise("check the path or the server behind ducklake:"));
    }
    TRY_ASSIGN(const std::string data_path, ducklake::new_data_path(location, engine));
  } else if (for_writing) {
    TRY_ASSIGN(const std::string data_path, ducklake::known_data_path(*database, location));
  }
  return std::make_unique<DuckLakeEndpoint>(location, std::move(moment), engine, for_writing);
}

}  // namespace sluice
