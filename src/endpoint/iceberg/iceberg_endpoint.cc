#include "endpoint/iceberg/iceberg_endpoint.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "endpoint/iceberg/catalog_options.h"
#include "endpoint/iceberg/file_sizes.h"
#include "endpoint/iceberg/open_tables.h"
#include "endpoint/iceberg/read.h"
#include "endpoint/iceberg/run.h"
#include "endpoint/iceberg/write.h"
#include "lake_catalog/iceberg_files.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using iceberg::Moment;

// A folder without a catalog is read only; a REST catalog need not commit several tables as one.
Capabilities make_capabilities(const Location& location) {
  Capabilities out;
  out.name = "iceberg";
  out.writable = !iceberg::is_tree(location);
  if (out.writable) out.default_schema = "main";
  out.atomic_publish = out.writable && location.catalog != "rest";
  out.not_null = out.comments = true;
  out.folds_case = true;
  out.names_are_files = true;
  out.exact_chunks = out.partitions = out.partition_transforms = out.row_groups = true;
  return out;
}

class IcebergEndpoint final : public Endpoint {
 public:
  IcebergEndpoint(Location location, Moment moment, Engine& engine, bool for_writing)
      : location_(std::move(location)),
        moment_(std::move(moment)),
        engine_(engine),
        for_writing_(for_writing),
        capabilities_(make_capabilities(location_)) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  TypeRule rule(const Type& type) const override { return iceberg_rule(type); }

  Result<std::unique_ptr<ReadSession>> read() override {
    return iceberg::read_lake(location_, moment_, engine_, for_writing_, lent_);
  }

  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    return iceberg::write_tables(location_, engine_, run, plan, lent_);
  }
  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported, "a lake is not backed up as one file")
                    .about(location_.display()));
  }
  // Where the files are to be is said before anything is read.
  Status check_can_write() override {
    TRY(iceberg::run_folder(location_, ""));
    TRY(iceberg::wanted_file_bytes(location_));
    return {};
  }
  // A REST catalog chooses itself where files are.
  Result<std::uint64_t> free_space() override {
    if (location_.catalog == "rest") return 0;
    TRY_ASSIGN(const std::string place, iceberg::run_folder(location_, ""));
    fs::path folder = local_path(place);
    if (folder.empty()) return 0;
    std::error_code code;
    while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
    return free_bytes(folder);
  }

 private:
  Location location_;
  Moment moment_;
  Engine& engine_;
  bool for_writing_;
  Capabilities capabilities_;
  std::shared_ptr<iceberg::LentKeys> lent_ = std::make_shared<iceberg::LentKeys>();
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_iceberg(const Location& location, Engine& engine,
                                               bool for_writing) {
  TRY_ASSIGN(Moment moment, iceberg::moment_of(location));
  if (for_writing && !moment.is_newest()) {
    return fail(Error(ErrorKind::kInvalid, "a table is written at its newest snapshot only")
                    .about(location.display())
                    .advise("leave snapshot= and at= away"));
  }
  if (for_writing && iceberg::is_tree(location)) {
    return fail(Error(ErrorKind::kUnsupported,
                      "tables in a folder without a catalog are read, and not written")
                    .about(location.display())
                    .advise("name a catalog: iceberg:sqlite:PATH?warehouse=DIR"));
  }
  return std::make_unique<IcebergEndpoint>(location, std::move(moment), engine, for_writing);
}

}  // namespace sluice
