// A DuckDB file attached to the engine, at most once per engine and file, shared by everybody who
// reads or writes it.
//
// Locks: DuckDB holds a POSIX lock on the file, and such a lock of a process is gone as soon as
// that process closes *any* descriptor of the file. So the descriptor with which sluice looks at
// the file is opened before the engine attaches it and closed after it is detached, and nothing
// else in the process may open and close an attached file: read it with read_at().
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "endpoint/duckdb/file_header.h"
#include "engine/engine.h"

namespace sluice::duckdb {

class Attachment {
 public:
  // Attaches READ_ONLY. With `may_be_missing` a file that is not there is no error: exists() is
  // false. Errors: those of open_duckdb.
  static Result<std::shared_ptr<Attachment>> open(Engine& engine, const std::filesystem::path& path,
                                                  bool may_be_missing);
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment();

  Engine& engine() const { return engine_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path wal_path() const { return path_.string() + ".wal"; }
  const std::string& catalog() const { return catalog_; }  // the name in SQL, needs no quotes
  bool exists() const { return attached_; }
  const DuckdbHeader& header() const { return header_; }
  // The engine reads a copy, because it cannot replay this write-ahead log without writing.
  bool reads_copy() const { return !copy_.empty(); }

  Result<std::string> read_at(std::uint64_t offset, std::size_t size) const;
  Result<std::uint64_t> size() const;

  // Attaches the file (which must be there by now) for writing. Idempotent.
  Status make_writable();
  // That the path still names the file that is written. Errors: kConflict.
  Status check_in_place() const;
  // Detaches, so that the file can be moved or removed. make_writable() attaches it again.
  Status release();
  // Detaches and removes the file and its log.
  Status remove_file();

  // A connection in which names without a catalog mean this file's.
  Result<std::unique_ptr<EngineConnection>> connect() const;

  // A consistent copy of the file in its present state, write-ahead log replayed.
  // Requires: `target` is not there.
  Status copy_to(const std::filesystem::path& target) const;

 private:
  Attachment(Engine& engine, std::filesystem::path path);
  Status look();
  Status attach_read_only();
  Status check_complete() const;
  Status attach_copy();
  Status attach(const std::filesystem::path& path, bool read_only);
  Status copy_bytes(const std::filesystem::path& target) const;

  Engine& engine_;
  std::filesystem::path path_;
  std::string catalog_;
  DuckdbHeader header_;
  std::filesystem::path copy_;
  int fd_ = -1;
  bool attached_ = false;
  bool writable_ = false;
};

}  // namespace sluice::duckdb
