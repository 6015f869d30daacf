// The second way to a table's rows, for verification: DuckDB's own SQLite extension reads a
// page-for-page copy of the snapshot as text, and the engine's casts make values of it. None of the
// fast path's decoding takes part.
//
// A copy, because the extension's connections see what was committed since the snapshot, and
// because it brings a SQLite library of its own: where that one is used, closing a file drops the
// locks of the first. Views in the copy turn each value into a letter for its class and text: i123,
// r1.5e+00, t68C3A9 and b00FF (hex). The extension's sqlite_query would do without views, but it
// prepares in one transaction and has lost its file in the next.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "endpoint/sqlite/shape.h"
#include "endpoint/sqlite/snapshot.h"
#include "engine/engine.h"

namespace sluice::sqlite {

class IndependentReader {
 public:
  IndependentReader(Engine& engine, std::shared_ptr<Snapshot> snapshot)
      : engine_(engine), snapshot_(std::move(snapshot)) {}
  IndependentReader(const IndependentReader&) = delete;
  IndependentReader& operator=(const IndependentReader&) = delete;
  ~IndependentReader();

  // A relation with the table's columns in their types. The first call makes the copy.
  // Errors: kNotFound without the extension, kLimit without room for the copy.
  Result<std::string> relation(const Table& table, const Shape& shape);

 private:
  Status make_copy();

  Engine& engine_;
  std::shared_ptr<Snapshot> snapshot_;
  std::mutex mutex_;
  std::string file_;
  bool ready_ = false;
  bool utf16_ = false;
};

// Engine SQL that gives a value of `reading` from the transport text in `cell`.
Result<std::string> cast_sql(const Reading& reading, const std::string& cell);

}  // namespace sluice::sqlite
