#include "endpoint/sqlite/snapshot.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/sha256.h"
#include "base/text.h"

namespace sluice::sqlite {
namespace {

constexpr int kTriesMax = 50;
constexpr int kTryTimeoutMs = 100;

// Size and time of a file; a missing or empty one has neither.
std::string file_state(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || info.st_size == 0) return "-";
  return fmt::format("{}:{}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

}  // namespace

Result<std::shared_ptr<Snapshot>> Snapshot::open(const std::string& path, std::size_t connections,
                                                 const CancelToken* cancel) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot(path, cancel));
  TRY(snapshot->connect(connections));
  for (int i = 0; i < kTriesMax; ++i) {
    if (cancel != nullptr) TRY(cancel->check());
    TRY_ASSIGN(const bool same, snapshot->begin_all());
    if (same) return snapshot;
    snapshot->end_all();
  }
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("\"{}\" changed {} times while a snapshot of it was taken", path,
                                kTriesMax))
                  .about(path)
                  .code("SQLITE_BUSY")
                  .advise("run the command again when fewer programs write to the file"));
}

Status Snapshot::connect(std::size_t connections) {
  TRY_ASSIGN(monitor_, Connection::open(path_, Access::kRead));
  const std::size_t wanted = path_.empty() ? 1 : std::max<std::size_t>(1, connections);
  while (slots_.size() < wanted) {
    auto slot = std::make_unique<Slot>();
    TRY_ASSIGN(slot->connection, Connection::open(path_, Access::kRead));
    slot->connection->watch(cancel_);
    slots_.push_back(std::move(slot));
  }
  return {};
}

// A writer that waits for our readers lets no new one in, so once the first reader has begun no one
// waits for long: rather let the writer pass and begin anew.
Result<bool> Snapshot::begin_all() {
  const auto is_busy = [](const Error& error) {
    return error.vendor_code.starts_with("SQLITE_BUSY");
  };
  monitor_->wait_for_locks(kBusyTimeoutMs);
  TRY_ASSIGN(const std::int64_t before, monitor_->integer("PRAGMA data_version"));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Connection& connection = *slots_[i]->connection;
    connection.wait_for_locks(i == 0 ? kBusyTimeoutMs : kTryTimeoutMs);
    TRY(connection.execute("BEGIN"));
    const Status begun = connection.execute("SELECT count(*) FROM sqlite_schema");
    if (!begun && i > 0 && is_busy(begun.error())) return false;
    TRY(begun);
  }
  TRY(slots_[0]->connection->check_length());
  TRY_ASSIGN(fingerprint_, read_fingerprint());
  monitor_->wait_for_locks(kTryTimeoutMs);
  const Result<std::int64_t> after = monitor_->integer("PRAGMA data_version");
  if (!after && is_busy(after.error())) return false;
  TRY(after);
  return before == *after;
}

void Snapshot::end_all() {
  for (const auto& slot : slots_) {
    if (slot->connection && sqlite3_get_autocommit(slot->connection->raw()) == 0) {
      sqlite3_exec(slot->connection->raw(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }
}

// data_version is left out: it counts anew in every connection. The change counter stands still in
// WAL mode, there the log's size and time speak.
Result<std::string> Snapshot::read_fingerprint() {
  if (path_.empty()) return std::string();
  TRY_ASSIGN(const std::string header, slots_[0]->connection->header());
  const std::string counter = header.size() >= 28 ? hex(header.data() + 24, 4) : std::string("new");
  return sha256_hex(
      fmt::format("sqlite {} {} {}", counter, file_state(path_), file_state(path_ + "-wal")));
}

Snapshot::~Snapshot() {
  if (slots_.empty()) return;
  end_all();
  slots_.clear();
  monitor_.reset();
  remove_empty_log(path_);
}

Snapshot::Slot& Snapshot::acquire() {
  const std::lock_guard lock(mutex_);
  const auto least =
      std::min_element(slots_.begin(), slots_.end(),
                       [](const auto& a, const auto& b) { return a->users < b->users; });
  ++(*least)->users;
  return **least;
}

void Snapshot::release(Slot& slot) {
  const std::lock_guard lock(mutex_);
  --slot.users;
}

}  // namespace sluice::sqlite
