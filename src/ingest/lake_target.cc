#include "ingest/lake_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/moved_catalogs.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/run.h"
#include "endpoint/engine_error.h"
#include "endpoint/reach_files.h"
#include "endpoint/sql_names.h"
#include "format/ducklake/lake_path.h"

namespace sluice::ingest {

using ducklake::Change;
using ducklake::ChangeKind;
using ducklake::TableView;

namespace {

namespace fs = std::filesystem;

constexpr const char* kOutcomeUnknown = "08007";
// Batches are small and come often; `lake compact` packs them tighter when it puts them together.
constexpr std::string_view kCodec = "snappy";

std::vector<ducklake::NewColumn> new_columns(const ColumnPlan& plan) {
  std::vector<ducklake::NewColumn> out;
  for (const PlannedColumn& column : plan) {
    out.push_back({column.name, column.type, column.nullable});
  }
  return out;
}

// What a change of the table means for a batch that looked at it before.
CommitOutcome outcome_after(const std::vector<Change>& changes, ducklake::Id table, bool has_key) {
  CommitOutcome outcome = CommitOutcome::kCommitted;
  for (const Change& change : changes) {
    if (change.id != table) continue;
    switch (change.kind) {
      case ChangeKind::kDroppedTable:
      case ChangeKind::kAlteredTable:
        return CommitOutcome::kReplaced;
      case ChangeKind::kInserted:
      case ChangeKind::kInlinedInsert:
        if (has_key) outcome = CommitOutcome::kRowsAdded;
        break;
      default:
        break;  // rows went away or into other files
    }
  }
  return outcome;
}

}  // namespace

Status LakeTarget::make_lake(std::chrono::milliseconds wait) {
  TRY_ASSIGN(data_path_, ducklake::new_data_path(location_, engine_));
  TRY(check_access_wish(!access_.empty(), data_path_));
  TRY_ASSIGN(database_, ducklake::open_catalog(location_, engine_, {true, engine_.cancel_token()}));
  TRY(database_->begin_write(wait));
  const auto make = [&]() -> Status {
    // Somebody else may have made it meanwhile, which is as good.
    TRY_ASSIGN(const bool found, database_->has_table("ducklake_snapshot"));
    if (found) return {};
    TRY(create_lake(*database_, data_path_));
    crash_point();
    return database_->commit();
  };
  const Status made = make();
  database_->end();
  TRY(made);
  TRY_ASSIGN(data_path_, ducklake::known_data_path(*database_, location_));
  TRY(make_folders(data_path_, access_));
  return ducklake::give_catalog(location_, access_);
}

Status LakeTarget::open(bool make, std::chrono::milliseconds wait) {
  TRY_ASSIGN(database_, ducklake::open_lake(location_, engine_, {true, engine_.cancel_token()}));
  if (database_ != nullptr) {
    TRY_ASSIGN(data_path_, ducklake::known_data_path(*database_, location_));
    TRY(ducklake::check_data_path_of_files(*database_, data_path_));
    TRY(check_access_wish(!access_.empty(), data_path_));
    TRY(ducklake::check_not_moved(data_path_, location_));
    return ducklake::give_catalog(location_, access_);
  }
  if (make) return make_lake(wait);
  return fail(Error(ErrorKind::kNotFound, fmt::format("there is no lake in {}", display()))
                  .about(display()));
}

Status LakeTarget::begin(std::chrono::milliseconds wait) {
  // Not a moment would mean without end to PostgreSQL.
  TRY(database_->begin_write(std::max(wait, std::chrono::milliseconds(1))));
  is_writing_ = true;
  return {};
}

void LakeTarget::end() {
  if (is_writing_) database_->end();
  is_writing_ = false;
}

Result<TableView> LakeTarget::look() {
  if (!is_writing_) TRY(database_->begin_read());
  auto view = TableView::load(*database_, table_, engine_);
  if (!is_writing_) database_->end();
  if (!view || !view->is_view()) return view;
  return fail(Error(ErrorKind::kInvalid, fmt::format("{} is a view", table_.display()))
                  .about(table_.display()));
}

Result<std::optional<std::int64_t>> LakeTarget::snapshot_of(const std::string& batch) {
  TRY(database_->begin_read());
  auto found = DuckLakeCatalog(*database_, "").newest_with_info({extra_info(batch)});
  database_->end();
  TRY_ASSIGN(const auto snapshot, found);
  if (!snapshot) return std::nullopt;
  return snapshot->id;
}

Result<WrittenFiles> LakeTarget::write(StagedRows& rows, const TableView& view, BatchFolder& folder,
                                       int attempt) {
  WrittenFiles out;
  out.uuid = new_uuid();
  std::vector<ducklake::LakeColumn> columns;
  if (view.table()) {
    out.folder = view.table()->folder;
    columns = view.table()->columns;
  } else {
    out.folder = ducklake::resolve_path(view.folder_of_schema(),
                                        ducklake::folder_for(table_.name, out.uuid), true);
    TRY_ASSIGN(const auto numbered, ducklake::column_rows(new_columns(rows.plan()), 0, 0));
    TRY_ASSIGN(columns, ducklake::column_tree(numbered, table_.display()));
  }
  const std::string prefix = staging_prefix(folder.batch());
  const fs::path scratch = fs::path(data_path_) / ("." + prefix);
  TRY(folder.place(out.folder, scratch));
  crash_point();
  ducklake::FileWriting writing{folder.batch(), &columns, view.partition().terms, {},
                                &access_,       kCodec,   rows.row_group_bytes()};
  writing.files = &files();
  writing.is_plain = rows.is_plain();
  auto written =
      ducklake::write_data_files(rows.connection(), rows.select_sql(), writing, out.folder,
                                 fmt::format("{}-{:02}", prefix, attempt), scratch);
  crash_point();
  if (!written) return fail(refine_engine_error(written.error(), data_path_));
  out.files = std::move(*written);
  return out;
}

Status LakeTarget::check_access(const WrittenFiles& written) const {
  if (access_.empty()) return {};
  std::vector<fs::path> files;
  for (const NewDataFile& file : written.files) files.push_back(written.folder / file.path);
  return ducklake::check_readers(location_, access_, std::move(files));
}

void LakeTarget::remove(const WrittenFiles& written) {
  for (const NewDataFile& file : written.files) {
    const std::string path = (written.folder / file.path).string();
    static_cast<void>(engine_.files_of(path).remove(path));
  }
}

Result<CommitOutcome> LakeTarget::fill(DuckLakeCommit& commit, const TableView& view,
                                       const ColumnPlan& plan, bool has_key,
                                       const WrittenFiles& written) {
  TRY_ASSIGN(const auto found, commit.find_table(table_));
  if (found.has_value() != view.table().has_value()) return CommitOutcome::kReplaced;
  if (found) {
    if (found->id != view.table()->row.id) return CommitOutcome::kReplaced;
    TRY_ASSIGN(const auto changes, commit.changes_since(view.snapshot()));
    const CommitOutcome outcome = outcome_after(changes, found->id, has_key);
    if (outcome != CommitOutcome::kCommitted) return outcome;
    TRY(commit.add_files(found->id, view.table()->columns, written.files));
    return outcome;
  }
  TRY_ASSIGN(const ducklake::SchemaRow schema, commit.schema(table_.schema, view.uuid_of_schema()));
  const std::string schema_folder =
      ducklake::resolve_path(data_path_, schema.path, schema.path_is_relative);
  NewLakeTable table;
  table.name = table_.name;
  table.uuid = written.uuid;
  const std::string folder = ducklake::as_folder(written.folder.string());
  table.path_is_relative = folder.starts_with(schema_folder);
  table.path = table.path_is_relative ? folder.substr(schema_folder.size()) : folder;
  table.columns = new_columns(plan);
  TRY_ASSIGN(const ducklake::TableRow row, commit.create_table(schema, table));
  TRY_ASSIGN(const auto columns,
             DuckLakeCatalog(*database_, "").columns_of(row.id, commit.snapshot()));
  TRY(commit.add_files(row.id, columns, written.files));
  return CommitOutcome::kCommitted;
}

// After a commit of which nobody knows: the catalog is asked, over a connection of its own.
Result<bool> LakeTarget::happened(const std::string& batch) {
  TRY_ASSIGN(database_, ducklake::open_catalog(location_, engine_, {true, engine_.cancel_token()}));
  TRY_ASSIGN(const auto snapshot, snapshot_of(batch));
  return snapshot.has_value();
}

Result<CommitOutcome> LakeTarget::commit(const TableView& view, const ColumnPlan& plan,
                                         bool has_key, const WrittenFiles& written,
                                         const std::string& batch, StagedRows* replacing,
                                         const std::function<Status()>& beside) {
  const auto act = [&]() -> Result<CommitOutcome> {
    TRY_ASSIGN(DuckLakeCommit commit, DuckLakeCommit::begin(*database_));
    TRY_ASSIGN(const CommitOutcome outcome, fill(commit, view, plan, has_key, written));
    if (outcome != CommitOutcome::kCommitted) return outcome;
    if (replacing != nullptr && view.table()) TRY(replace(commit, view, *replacing, batch));
    TRY(commit.finish("sluice", "sluice ingest " + batch, extra_info(batch)));
    snapshot_ = commit.snapshot();
    if (beside) TRY(beside());
    crash_point();
    const Status done = database_->commit();
    crash_point();
    if (done) return outcome;
    if (done.error().vendor_code != kOutcomeUnknown) return fail(done.error());
    TRY_ASSIGN(const bool is_committed, happened(batch));
    if (is_committed) return outcome;
    return fail(done.error());
  };
  auto outcome = act();
  end();
  return outcome;
}

}  // namespace sluice::ingest
