#include "endpoint/parquet/parquet_endpoint.h"

#include <fmt/format.h>

#include "base/file.h"
#include "endpoint/parquet/files.h"
#include "endpoint/parquet/read.h"
#include "endpoint/parquet/write.h"
#include "format/parquet/type_rules.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "parquet";
  out.atomic_publish = false;
  out.identifier_bytes_max = 240;
  out.names_are_files = true;
  out.exact_chunks = out.row_groups = true;
  return out;
}

class ParquetEndpoint : public Endpoint {
 public:
  ParquetEndpoint(fs::path location, Engine& engine, bool writable)
      : location_(std::move(location)), engine_(engine), writable_(writable) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return parquet_rule(type); }
  Result<std::unique_ptr<ReadSession>> read() override {
    return parquet::read_parquet(location_, engine_);
  }
  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    if (!writable_) {
      return fail(ErrorKind::kInvalid,
                  fmt::format("\"{}\" was opened for reading only", location_.string()));
    }
    return parquet::write_parquet(location_, engine_, run, plan);
  }
  Status backup(const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("\"{}\": a folder of Parquet files is not backed up; what a run "
                                  "replaces is kept beside it",
                                  location_.string())));
  }
  Result<std::uint64_t> free_space() override { return free_bytes(location_); }

 private:
  fs::path location_;
  Engine& engine_;
  bool writable_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_parquet(const Location& location, Engine& engine,
                                               bool for_writing) {
  if (location.path.empty()) return fail(ErrorKind::kInvalid, "parquet: needs a folder or a file");
  fs::path path = fs::absolute(location.path).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a slash at the end
  std::error_code code;
  const bool is_folder = fs::is_directory(path, code);
  if (for_writing && (path.extension() == ".parquet" || (fs::exists(path, code) && !is_folder))) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("\"{}\": a target is a folder, not a file", path.string()))
                    .about(path.string()));
  }
  if (!fs::exists(path, code) && !for_writing) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", path.string()))
                    .about(path.string()));
  }
  if (!is_folder && !for_writing) TRY(parquet::check_whole(path));
  return std::make_unique<ParquetEndpoint>(std::move(path), engine, for_writing);
}

}  // namespace sluice
