#include "endpoint/iceberg/iceberg_endpoint.h"

#include <fmt/format.h>

#include "endpoint/iceberg/catalog_options.h"
#include "endpoint/iceberg/read.h"

namespace sluice {
namespace {

using iceberg::Moment;

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "iceberg";
  out.writable = false;
  out.atomic_publish = false;
  out.not_null = out.comments = true;
  out.names_are_files = true;
  out.exact_chunks = out.partitions = out.partition_transforms = out.row_groups = true;
  return out;
}

class IcebergEndpoint final : public Endpoint {
 public:
  IcebergEndpoint(Location location, Moment moment, Engine& engine)
      : location_(std::move(location)), moment_(std::move(moment)), engine_(engine) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return iceberg_rule(type); }

  Result<std::unique_ptr<ReadSession>> read() override {
    return iceberg::read_lake(location_, moment_, engine_);
  }

  Result<std::unique_ptr<WriteSession>> write(const std::string&, const TargetPlan&) override {
    return fail(Error(ErrorKind::kUnsupported, "Iceberg tables are read, and not written")
                    .about(location_.display()));
  }
  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported, "a lake is not backed up as one file")
                    .about(location_.display()));
  }
  Result<std::uint64_t> free_space() override { return 0; }

 private:
  Location location_;
  Moment moment_;
  Engine& engine_;
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
  if (for_writing) {
    return fail(Error(ErrorKind::kUnsupported, "Iceberg tables are read, and not written")
                    .about(location.display())
                    .advise("choose a target of another kind, such as ducklake: or parquet:"));
  }
  return std::make_unique<IcebergEndpoint>(location, std::move(moment), engine);
}

}  // namespace sluice
