#include "endpoint/iceberg/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "endpoint/iceberg/history.h"
#include "endpoint/iceberg/read.h"
#include "endpoint/table_choice.h"
#include "format/iceberg/schema_changes.h"

namespace sluice::iceberg {
namespace {

struct Sides {
  std::vector<std::unique_ptr<TableScan>> before;
  std::vector<std::unique_ptr<TableScan>> after;
};

std::set<std::string> keys_of(const LiveFiles& live) {
  std::set<std::string> out;
  for (const LiveFile& file : live.files()) out.insert(rows_key(file));
  return out;
}

std::set<std::string> keys_in_both(const LiveFiles& a, const LiveFiles& b) {
  const std::set<std::string> left = keys_of(a);
  const std::set<std::string> right = keys_of(b);
  std::set<std::string> out;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::inserter(out, out.end()));
  return out;
}

class Comparing {
 public:
  Comparing(const DiffInput& input, Engine& engine) : input_(input), engine_(engine) {}

  Status add(const std::shared_ptr<const IcebergTable>& table) {
    auto before = state_at(table, input_.since, engine_.cancel_token());
    TRY_ASSIGN(TableState after, state_at(table, input_.until, engine_.cancel_token()));
    // A table that was not there yet at a time; a snapshot's id or a branch has to be there.
    const bool may_be_new =
        !input_.since.snapshot && table->metadata.refs.count(input_.since.time_or_ref) == 0;
    if (!before && (before.error().kind != ErrorKind::kNotFound || !may_be_new)) {
      return fail(std::move(before.error()));
    }
    LakeTableChange& change = out_.tables.emplace_back();
    change.name = after.name.display();
    change.came = !before || before->snapshot == nullptr;
    TableState earlier = before ? std::move(*before) : after;
    if (!before) earlier.snapshot = nullptr;
    TRY(check_order(earlier, after));
    if (before) change.schema_changes = column_changes(earlier.schema, after.schema);
    earlier.schema = after.schema;
    TRY(add_sides(change, std::move(earlier), std::move(after)));
    return {};
  }

  Result<LakeDifference> finish(bool is_single) {
    if (is_single && !sides_.after.empty()) {
      const TableState& before = sides_.before.front()->state();
      const TableState& after = sides_.after.front()->state();
      if (before.snapshot != nullptr) {
        out_.since = snapshot_facts(before.metadata(), *before.snapshot);
      }
      if (after.snapshot != nullptr) {
        out_.until = snapshot_facts(after.metadata(), *after.snapshot);
      }
    } else {
      out_.since.time = input_.since.time_or_ref;
      out_.until.time = input_.until.time_or_ref;
    }
    for (std::size_t i = 0; i < out_.tables.size(); ++i) {
      out_.tables[i].before = table_of(sides_.before[i]->state());
      out_.tables[i].after = table_of(sides_.after[i]->state());
    }
    out_.before = session_of(std::move(sides_.before), {}, engine_);
    out_.after = session_of(std::move(sides_.after), {}, engine_);
    return std::move(out_);
  }

 private:
  static Status check_order(const TableState& before, const TableState& after) {
    if (before.snapshot == nullptr || after.snapshot == nullptr) return {};
    if (before.snapshot->timestamp_ms <= after.snapshot->timestamp_ms) return {};
    return fail(table_error(ErrorKind::kInvalid, before.name,
                            fmt::format("snapshot {} is not before snapshot {}",
                                        before.snapshot->id, after.snapshot->id))
                    .advise("--since takes the earlier one, --until the later one"));
  }

  Status add_sides(LakeTableChange& change, TableState before, TableState after) {
    TRY_ASSIGN(const auto old_files, LiveFiles::load(before));
    TRY_ASSIGN(const auto new_files, LiveFiles::load(after));
    const std::set<std::string> alike = keys_in_both(*old_files, *new_files);
    const auto left = old_files->without(alike);
    const auto right = new_files->without(alike);
    change.same_rows = left->files().empty() && right->files().empty();
    sides_.before.push_back(std::make_unique<TableScan>(std::move(before), engine_, left));
    sides_.after.push_back(std::make_unique<TableScan>(std::move(after), engine_, right));
    return {};
  }

  const DiffInput& input_;
  Engine& engine_;
  Sides sides_;
  LakeDifference out_;
};

}  // namespace

Result<LakeDifference> difference_between(
    const std::vector<std::shared_ptr<const IcebergTable>>& tables, const DiffInput& input,
    Engine& engine) {
  Comparing comparing(input, engine);
  TableChoice choice(input.tables);
  for (const auto& table : tables) {
    if (choice.takes({table->name.space, table->name.table})) TRY(comparing.add(table));
  }
  TRY(choice.check());
  return comparing.finish(tables.size() == 1);
}

}  // namespace sluice::iceberg
