#include "endpoint/delta/delta_inspector.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/delta/check.h"
#include "endpoint/delta/difference.h"
#include "endpoint/delta/find_tables.h"
#include "endpoint/delta/history.h"
#include "endpoint/delta/table_state.h"
#include "endpoint/table_choice.h"
#include "format/delta/file_stats.h"

namespace sluice {
namespace {

using delta::FoundTable;
using delta::TableState;

class DeltaInspector final : public LakeInspector {
 public:
  DeltaInspector(Location location, std::vector<FoundTable> found, Engine& engine)
      : location_(std::move(location)), found_(std::move(found)), engine_(engine) {}

  Result<std::vector<LakeSnapshotFacts>> snapshots() override {
    TRY(check_single("`lake snapshots` looks at one table"));
    return delta::snapshots_of(found_.front(), engine_);
  }

  Result<LakeFilesFacts> files(const LakeScope& scope) override;

  Result<LakeDifference> between(const std::string& since, const std::string& until,
                                 const std::vector<std::string>& tables) override {
    delta::DiffInput input;
    input.since = delta::moment_of(since);
    TRY_ASSIGN(input.until, delta::moment_of(location_));
    if (!until.empty()) input.until = delta::moment_of(until);
    if (input.since.version || input.until.version) {
      TRY(check_single("versions are of one table"));
    }
    input.tables = tables;
    TRY_ASSIGN(input.zone_offset, delta::zone_offset_of(location_));
    return delta::difference_between(found_, input, engine_);
  }

  Result<LakeCheckFacts> check(const std::vector<std::string>& tables,
                               const LakeProgress& progress) override {
    TRY_ASSIGN(const DeltaMoment moment, delta::moment_of(location_));
    if (found_.front().catalog) {
      return fail(Error(ErrorKind::kUnsupported, "`lake fsck` looks at the log of a table")
                      .about(location_.display())
                      .advise("leave catalog= away; `sluice catalog validate` compares both"));
    }
    if (!moment.version && moment.time.empty()) {
      return delta::check_tables(delta::root_of(location_), found_, tables, engine_, progress);
    }
    return fail(Error(ErrorKind::kInvalid, "a table is checked at its newest version only")
                    .about(location_.display())
                    .advise("leave snapshot= and at= away"));
  }

 private:
  Status check_single(const std::string& why) const {
    if (found_.size() == 1) return {};
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("{}, {} has {}", why, location_.display(), found_.size()))
                    .about(location_.display())
                    .advise("name one: delta:DIR/TABLE"));
  }

  Location location_;
  std::vector<FoundTable> found_;
  Engine& engine_;
};

// A file's own word of its partition, by display names.
std::vector<PartitionText> partition_text(const TableState& table, const delta::AddFile& file) {
  std::vector<PartitionText> out;
  for (const std::size_t index : table.schema.partition) {
    const delta::Field& column = table.schema.columns[index];
    std::optional<std::string> value;
    for (const auto& [name, text] : file.partition_values) {
      if (name == column.physical_name && text && !text->empty()) value = text;
    }
    out.emplace_back(column.name, std::move(value));
  }
  return out;
}

Result<LakeTableFacts> table_facts(const TableState& table) {
  LakeTableFacts out;
  out.table = table.name.display();
  out.files.reserve(table.snapshot.files.size());
  for (const delta::LiveFile& file : table.snapshot.files) {
    LakeFileFacts& facts = out.files.emplace_back();
    TRY_ASSIGN(facts.path, delta::data_path(table, file.add));
    const auto rows = delta::rows_of(file.add);
    facts.rows = rows.value_or(0);
    facts.rows_are_known = rows.has_value();
    if (file.add.deletion_vector) {
      facts.deleted = static_cast<std::uint64_t>(file.add.deletion_vector->cardinality);
    }
    facts.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.add.bytes));
    facts.partition = partition_text(table, file.add);
    facts.added_by = file.version;
  }
  return out;
}

Result<LakeFilesFacts> DeltaInspector::files(const LakeScope& scope) {
  TRY_ASSIGN(DeltaMoment moment, delta::moment_of(location_));
  if (!scope.at.empty()) moment = delta::moment_of(scope.at);
  if (moment.version) TRY(check_single("versions are of one table"));
  TableChoice choice(scope.tables);
  LakeFilesFacts out;
  for (const FoundTable& found : found_) {
    if (!choice.takes(found.name)) continue;
    TRY_ASSIGN(const TableState table, delta::load_table(found, moment, engine_));
    TRY_ASSIGN(LakeTableFacts facts, table_facts(table));
    out.tables.push_back(std::move(facts));
    if (found_.size() > 1) continue;
    out.snapshot = table.snapshot.version;
    TRY_ASSIGN(out.time, delta::time_of(found, table.snapshot.version, engine_));
  }
  TRY(choice.check());
  return out;
}

}  // namespace

Result<std::unique_ptr<LakeInspector>> inspect_delta(const Location& location, Engine& engine) {
  TRY_ASSIGN(auto found, delta::find_tables(location, engine));
  return std::make_unique<DeltaInspector>(location, std::move(found), engine);
}

}  // namespace sluice
