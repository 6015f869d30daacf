#include "endpoint/delta/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "endpoint/delta/history.h"
#include "endpoint/delta/read.h"
#include "endpoint/delta/table_state.h"
#include "endpoint/table_choice.h"
#include "format/delta/schema_changes.h"

namespace sluice::delta {
namespace {

using FileKey = std::pair<std::string, std::string>;  // path, deletion vector

FileKey key_of(const AddFile& file) {
  return {file.path, file.deletion_vector ? file.deletion_vector->unique_id() : ""};
}

// Leaves the files out that have the same rows at both versions.
void drop_alike(Snapshot& before, Snapshot& after) {
  std::set<FileKey> old;
  std::set<FileKey> alike;
  for (const LiveFile& file : before.files) old.insert(key_of(file.add));
  for (const LiveFile& file : after.files) {
    if (old.contains(key_of(file.add))) alike.insert(key_of(file.add));
  }
  const auto is_alike = [&](const LiveFile& file) { return alike.contains(key_of(file.add)); };
  std::erase_if(before.files, is_alike);
  std::erase_if(after.files, is_alike);
}

// The columns of the later version; which of them stand in the log is each version's own matter.
void give_columns(TableSchema& schema, const TableSchema& later) {
  std::vector<std::size_t> partition;
  for (const std::size_t index : schema.partition) {
    for (std::size_t i = 0; i < later.columns.size(); ++i) {
      if (later.columns[i].physical_name == schema.columns[index].physical_name) {
        partition.push_back(i);
      }
    }
  }
  schema.columns = later.columns;
  schema.mapping = later.mapping;
  schema.partition = std::move(partition);
}

// Nothing where the table was not there yet.
Result<std::optional<TableState>> load_if_there(const FoundTable& found, const DeltaMoment& moment,
                                                Engine& engine) {
  Result<TableState> state = load_table(found, moment, engine);
  if (state) return std::optional(std::move(*state));
  if (state.error().kind == ErrorKind::kNotFound && !moment.time.empty()) return std::nullopt;
  return fail(std::move(state.error()));
}

struct Sides {
  std::vector<TableState> before;
  std::vector<TableState> after;
};

Status add_table(const FoundTable& found, const DiffInput& input, Engine& engine,
                 LakeDifference& out, Sides& sides) {
  TRY_ASSIGN(auto before, load_if_there(found, input.since, engine));
  TRY_ASSIGN(TableState after, load_table(found, input.until, engine));
  if (before && before->snapshot.version > after.snapshot.version) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("version {} is not before version {}",
                                               before->snapshot.version, after.snapshot.version))
            .about(found.name.display())
            .advise("--since takes the earlier one, --until the later one"));
  }
  LakeTableChange& change = out.tables.emplace_back();
  change.name = found.name.display();
  change.came = !before.has_value();
  after.zone_offset = input.zone_offset;
  if (before) {
    before->zone_offset = input.zone_offset;
    change.schema_changes = column_changes(before->schema.columns, after.schema.columns);
    give_columns(before->schema, after.schema);
    drop_alike(before->snapshot, after.snapshot);
  } else {
    before = after;
    before->snapshot.files.clear();
  }
  change.same_rows = before->snapshot.files.empty() && after.snapshot.files.empty();
  sides.before.push_back(std::move(*before));
  sides.after.push_back(std::move(after));
  return {};
}

// A tree has no version: only times are told of it.
Status tell_moments(const FoundTable& found, const Sides& sides, Engine& engine,
                    LakeDifference& out) {
  TRY_ASSIGN(out.since, snapshot_facts(found, sides.before.front().snapshot.version, engine));
  TRY_ASSIGN(out.until, snapshot_facts(found, sides.after.front().snapshot.version, engine));
  return {};
}

}  // namespace

Result<LakeDifference> difference_between(const std::vector<FoundTable>& found,
                                          const DiffInput& input, Engine& engine) {
  LakeDifference out;
  Sides sides;
  TableChoice choice(input.tables);
  for (const FoundTable& one : found) {
    if (choice.takes(one.name)) TRY(add_table(one, input, engine, out, sides));
  }
  TRY(choice.check());
  if (found.size() == 1) {
    TRY(tell_moments(found.front(), sides, engine, out));
  } else {
    out.since.time = input.since.time;
    out.until.time = input.until.time;
  }
  out.before = session_of(std::move(sides.before), engine);
  out.after = session_of(std::move(sides.after), engine);
  TRY_ASSIGN(const Inventory before, out.before->inspect());
  TRY_ASSIGN(const Inventory after, out.after->inspect());
  for (std::size_t i = 0; i < out.tables.size(); ++i) {
    out.tables[i].before = before.tables.at(i);
    out.tables[i].after = after.tables.at(i);
  }
  return out;
}

}  // namespace sluice::delta
