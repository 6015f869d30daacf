#include "endpoint/sqlite/sqlite_endpoint.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/sqlite/copy.h"
#include "endpoint/sqlite/read.h"
#include "endpoint/sqlite/snapshot.h"
#include "endpoint/sqlite/types.h"
#include "endpoint/sqlite/write.h"

namespace sluice {
namespace {

using sqlite::Access;
using sqlite::Connection;

Capabilities sqlite_capabilities(bool writable) {
  Capabilities can;
  can.name = "sqlite";
  can.writable = writable;
  can.atomic_publish = true;
  can.primary_keys = true;
  can.primary_keys_take_null = true;
  can.unique_keys = true;
  can.foreign_keys = true;
  can.foreign_key_actions = true;
  can.deferrable_foreign_keys = true;
  can.not_null = true;
  can.defaults = true;
  can.indexes = true;
  can.identity = true;
  can.checks = true;
  can.views = true;
  can.folds_case = true;
  can.keeps_declared_types = true;
  can.reserved_prefix = "sqlite_";
  can.exact_chunks = true;
  return can;
}

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

Status look(const std::string& path, Access access) {
  TRY_ASSIGN(const auto connection, Connection::open(path, access));
  TRY(connection->execute("BEGIN; SELECT count(*) FROM sqlite_schema"));
  return connection->check_length();
}

// A crash in the middle of a transaction leaves a journal that only a writer may undo it with. In a
// target that is any writer's first step; a source is never written.
Status check_readable(const std::string& path, bool for_writing) {
  Status status = look(path, Access::kRead);
  const bool left_by_crash = !status && (status.error().vendor_code == "SQLITE_READONLY_ROLLBACK" ||
                                         status.error().vendor_code == "SQLITE_READONLY_RECOVERY");
  return left_by_crash && for_writing ? look(path, Access::kWrite) : status;
}

class SqliteEndpoint : public Endpoint {
 public:
  SqliteEndpoint(std::string path, Engine& engine, bool for_writing)
      : path_(std::move(path)),
        engine_(engine),
        for_writing_(for_writing),
        capabilities_(sqlite_capabilities(for_writing)) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  TypeRule rule(const Type& type) const override { return sqlite::type_rule(type); }

  Result<std::unique_ptr<ReadSession>> read() override {
    const bool absent = for_writing_ && !file_exists(path_);
    return sqlite::open_read_session(absent ? std::string() : path_, engine_);
  }

  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    if (!for_writing_) {
      return fail(
          Error(ErrorKind::kInvalid, fmt::format("\"{}\" was opened for reading only", path_))
              .about(path_));
    }
    if (!is_ulid(run)) {
      return fail(ErrorKind::kInvalid, fmt::format("\"{}\" is not the name of a run", run));
    }
    return sqlite::make_write_session(path_, run, plan);
  }

  Status backup(const std::string& file) override {
    const std::string target = std::filesystem::absolute(file).string();
    const std::string staging = target + ".sluice-" + make_ulid();
    {
      TRY_ASSIGN(const auto snapshot, sqlite::Snapshot::open(path_, 1, engine_.cancel_token()));
      const sqlite::Lease lease(snapshot);
      TRY(sqlite::copy_database(lease.connection(), staging));
    }
    const Status renamed = rename_durably(staging, target);
    if (!renamed) ::unlink(staging.c_str());
    return renamed;
  }

  Result<std::uint64_t> free_space() override {
    return free_bytes(std::filesystem::path(path_).parent_path());
  }

 private:
  std::string path_;
  Engine& engine_;
  bool for_writing_;
  Capabilities capabilities_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_sqlite(const Location& location, Engine& engine,
                                              bool for_writing) {
  if (location.path.empty()) return fail(ErrorKind::kInvalid, "sqlite: has no path");
  // Absolute: a path is never taken for a URI or ":memory:".
  const std::string path = std::filesystem::absolute(location.path).lexically_normal().string();
  if (for_writing && !file_exists(path)) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) return fail(errno_error(errno, "use folder", folder));
  } else {
    TRY(check_readable(path, for_writing));
    sqlite::remove_empty_log(path);
  }
  return std::make_unique<SqliteEndpoint>(path, engine, for_writing);
}

}  // namespace sluice
