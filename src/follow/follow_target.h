// A table that messages land in. What a batch brings, and the record of which messages it was, is
// one transaction; after a crash or a lost connection the record tells what landed.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "follow/landing.h"
#include "ingest/staged_rows.h"
#include "model/location.h"
#include "model/table_name.h"

namespace sluice::follow {

// A batch on its way into the target.
struct Landing {
  ingest::StagedRows* rows = nullptr;  // of one key one row; null for none
  std::vector<std::string> key;
  std::vector<DeadLetter> dead;
  Records records;   // those that the batch changes, as they are after it, but for their rows
  StreamKey stream;  // whose record counts the rows
  std::uint64_t staged = 0;
  std::uint64_t inserted = 0;  // set by land()

  // Requires: inserted is set.
  Records counted() const {
    Records out = records;
    StreamRecord& record = out[stream];
    record.rows += inserted;
    record.dropped += staged - inserted;
    return out;
  }
};

class FollowTarget {
 public:
  virtual ~FollowTarget() = default;

  // Opens it, or opens it anew after an error. Makes a lake or a file that is not there, and the
  // tables of ours, where `make`. Errors: kNotFound.
  virtual Status open(bool make) = 0;
  // What landed in the table. Nobody else lands anything in it before end().
  virtual Result<Records> begin() = 0;
  // Undoes what was not landed. Harmless where nothing was begun.
  virtual void end() = 0;
  // Of the table; nullopt where it is not there. Requires: begin().
  virtual Result<std::optional<ingest::ColumnPlan>> columns() = 0;
  // Makes the table where it is not there and there are rows, drops rows whose key is there,
  // inserts the others, and commits. Requires: begin(), which it ends. Errors: kTransient also
  // where nobody knows whether it was committed: begin() again tells.
  virtual Status land(Landing& landing) = 0;
  // Whether an error of land() is about a row, not about the target.
  virtual bool blames_row(const Error& error) const = 0;

  virtual Result<std::vector<DeadLetter>> dead_letters() = 0;
};

struct TargetSetting {
  Location location;
  TableName table;  // an empty schema is the target's default
  Engine* engine = nullptr;
  std::filesystem::path state;
  std::chrono::milliseconds wait{60'000};  // for others who have the target
};

Result<std::unique_ptr<FollowTarget>> follow_duckdb(const TargetSetting& setting);
Result<std::unique_ptr<FollowTarget>> follow_postgres(const TargetSetting& setting);
Result<std::unique_ptr<FollowTarget>> follow_ducklake(const TargetSetting& setting);

}  // namespace sluice::follow
