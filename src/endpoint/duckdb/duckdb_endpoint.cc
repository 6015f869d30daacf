#include "endpoint/duckdb/duckdb_endpoint.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/duckdb/attachment.h"
#include "endpoint/duckdb/read.h"
#include "endpoint/duckdb/types.h"
#include "endpoint/duckdb/write.h"

namespace sluice {
namespace {

Capabilities make_capabilities() {
  Capabilities out;
  out.name = "duckdb";
  out.default_schema = "main";
  out.primary_keys = out.unique_keys = out.foreign_keys = out.not_null = true;
  out.defaults = out.indexes = out.comments = out.identity = out.checks = out.views = true;
  out.foreign_keys_across_schemas = false;
  out.folds_case = true;
  out.exact_chunks = out.row_groups = true;
  return out;
}

class DuckdbEndpoint : public Endpoint {
 public:
  DuckdbEndpoint(std::shared_ptr<duckdb::Attachment> attachment, bool writable)
      : attachment_(std::move(attachment)), writable_(writable) {}

  const Capabilities& capabilities() const override {
    static const Capabilities kCapabilities = make_capabilities();
    return kCapabilities;
  }
  TypeRule rule(const Type& type) const override { return duckdb_rule(type); }
  Result<std::unique_ptr<ReadSession>> read() override { return duckdb::read_duckdb(attachment_); }
  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    if (!writable_) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" was opened for reading only",
                                                         attachment_->path().string())));
    }
    return duckdb::write_duckdb(attachment_, run, plan);
  }
  Status backup(const std::string& file) override {
    std::error_code code;
    if (std::filesystem::exists(file, code)) {
      return fail(Error(ErrorKind::kExists, fmt::format("\"{}\" is there already", file)));
    }
    if (!attachment_->exists()) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("\"{}\" is not there", attachment_->path().string())));
    }
    return attachment_->copy_to(file);
  }
  Result<std::uint64_t> free_space() override { return free_bytes(attachment_->path()); }

 private:
  std::shared_ptr<duckdb::Attachment> attachment_;
  bool writable_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_duckdb(const Location& location, Engine& engine,
                                              bool for_writing) {
  if (location.path.empty()) return fail(ErrorKind::kInvalid, "duckdb: needs the path of a file");
  const std::string folder = std::filesystem::absolute(location.path).parent_path().string();
  std::error_code code;
  if (for_writing && !std::filesystem::is_directory(folder, code)) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no folder \"{}\"", folder))
                    .about(folder)
                    .advise("make it: mkdir -p " + shell_word(folder)));
  }
  TRY_ASSIGN(auto attachment, duckdb::Attachment::open(engine, location.path, for_writing));
  return std::make_unique<DuckdbEndpoint>(std::move(attachment), for_writing);
}

}  // namespace sluice
