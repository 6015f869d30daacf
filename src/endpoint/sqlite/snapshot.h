// One moment of a database, seen by several connections.
//
// Each connection begins a read transaction; PRAGMA data_version of one more connection, asked
// before and after, tells whether somebody committed in between, then all begin anew. With a
// rollback journal the transactions keep writers from committing until the snapshot ends.
//
// Nothing in this process may open and close the file by other means meanwhile: POSIX drops a
// process's locks on a file when any of its descriptors of that file is closed.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "client/sqlite/connection.h"

namespace sluice::sqlite {

class Snapshot {
 public:
  // A connection, and the mutex that whoever uses it holds.
  struct Slot {
    std::unique_ptr<Connection> connection;
    std::mutex mutex;
    std::size_t users = 0;  // guarded by the snapshot
  };

  // An empty path is an empty database. Errors: kConflict where others keep committing or locking.
  static Result<std::shared_ptr<Snapshot>> open(const std::string& path, std::size_t connections,
                                                const CancelToken* cancel);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

  // The least used slot. More users than slots share them: none waits for another to end.
  Slot& acquire();
  void release(Slot& slot);

  std::size_t connections() const { return slots_.size(); }
  const std::string& path() const { return path_; }
  const std::string& fingerprint() const { return fingerprint_; }
  const CancelToken* cancel() const { return cancel_; }

 private:
  Snapshot(std::string path, const CancelToken* cancel) : path_(std::move(path)), cancel_(cancel) {}
  Status connect(std::size_t connections);
  Result<bool> begin_all();  // false: somebody committed or locked meanwhile
  void end_all();
  Result<std::string> read_fingerprint();

  std::string path_;
  const CancelToken* cancel_;
  std::unique_ptr<Connection> monitor_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::string fingerprint_;
  std::mutex mutex_;
};

// A slot for a scope, without its mutex.
class Lease {
 public:
  explicit Lease(std::shared_ptr<Snapshot> snapshot)
      : snapshot_(std::move(snapshot)), slot_(&snapshot_->acquire()) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { snapshot_->release(*slot_); }
  Connection& connection() const { return *slot_->connection; }
  std::mutex& mutex() const { return slot_->mutex; }

 private:
  std::shared_ptr<Snapshot> snapshot_;
  Snapshot::Slot* slot_;
};

}  // namespace sluice::sqlite
