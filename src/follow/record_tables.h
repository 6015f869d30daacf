// Two tables of ours beside the rows, written in the transaction that brings the rows, in the SQL
// that all targets understand:
//
//   sluice_follow       stream, created, table_name, landed ("1-200,205"), rows_landed,
//                       rows_dropped, letters, newest, changed_at
//   sluice_follow_dead  stream, created, sequence, table_name, subject, reason, data, received_at
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "follow/landing.h"

namespace sluice::follow {

inline constexpr std::string_view kRecordTable = "sluice_follow";
inline constexpr std::string_view kDeadTable = "sluice_follow_dead";

// How a target runs SQL.
struct TargetSql {
  std::function<Status(const std::string&)> execute;
  std::function<Result<std::vector<std::vector<std::optional<std::string>>>>(const std::string&)>
      query;
  std::function<std::string(std::string_view table)> name;  // as it has to be written
};

// For a transaction of PostgreSQL. A message that was acknowledged comes no more: a commit that is
// told before it is on disk, as synchronous_commit = off has it, could lose it in a crash.
inline constexpr const char* kCommitToDisk =
    "SELECT set_config('synchronous_commit', 'on', true) "
    "WHERE current_setting('synchronous_commit') = 'off'";

Status make_record_tables(const TargetSql& sql);
// `table`: the table that is followed into, as the user named it.
Result<Records> read_records(const TargetSql& sql, const std::string& table);
Status write_records(const TargetSql& sql, const std::string& table, const Records& records);
Status write_dead(const TargetSql& sql, const std::string& table,
                  const std::vector<DeadLetter>& letters);
// The oldest first.
Result<std::vector<DeadLetter>> read_dead(const TargetSql& sql, const std::string& table);

}  // namespace sluice::follow
