#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/crash_point.h"
#include "base/text.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/merge.h"
#include "endpoint/ducklake/run.h"
#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

Error changed_meanwhile(const LakeRun& run, const TargetTable& table, const std::string& what) {
  return Error(ErrorKind::kConflict, fmt::format("table \"{}\" {} while the run was going on",
                                                 table.name.display(), what))
      .about(table.name.display())
      .advise(fmt::format("sluice rollback {}", run.id));
}

// A literal as the catalog keeps it: without its quotes.
std::optional<LakeDefault> lake_default(const std::optional<std::string>& sql) {
  if (!sql) return std::nullopt;
  const std::string& text = *sql;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    std::string inner = text.substr(1, text.size() - 2);
    const std::string plain = replace_all(inner, "''", "'");
    if (quote_literal(plain) == text) return LakeDefault{plain, false};
  }
  const bool is_number = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
  });
  const std::string lower = to_lower(text);
  if (is_number || lower == "true" || lower == "false") return LakeDefault{text, false};
  return LakeDefault{text, true};
}

NewLakeTable new_table(const TargetTable& table, const LakeTarget& target,
                       const std::string& schema_folder) {
  NewLakeTable out;
  out.name = table.name.name;
  out.uuid = target.uuid;
  out.comment = table.comment;
  const std::string folder = as_folder(target.folder.string());
  out.path_is_relative = folder.starts_with(schema_folder);
  out.path = out.path_is_relative ? folder.substr(schema_folder.size()) : folder;
  for (const PartitionField& field : table.partition) {
    out.partition.emplace_back(field.column, field.transform);
  }
  for (const SortField& field : table.sort) out.sort.push_back({field.column, field.descending});
  for (const TargetColumn& column : table.columns) {
    out.columns.push_back({column.name, column.type, column.nullable});
    out.column_comments.push_back(column.comment);
    out.defaults.push_back(lake_default(column.default_sql));
  }
  return out;
}

// Whether snapshots that came since change a table in one of these ways.
bool changed_otherwise(const std::vector<Change>& changes, Id table,
                       std::initializer_list<ChangeKind> harmless) {
  return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
    return change.id == table &&
           std::find(harmless.begin(), harmless.end(), change.kind) == harmless.end();
  });
}

std::string staged_rows(const LakeTarget& target, const std::vector<NewDataFile>& files) {
  std::vector<std::string> paths;
  for (const NewDataFile& file : files) paths.push_back((target.folder / file.path).string());
  return read_sql(paths);
}

using SearchedTables = std::map<Id, SearchedFiles>;

// What merges replace, as far as it can be known before the catalog is held.
Result<SearchedTables> search_tables(LakeRun& run) {
  SearchedTables out;
  for (const TargetTable& table : run.plan->tables) {
    if (table.if_exists != IfExists::kMerge) continue;
    TRY_ASSIGN(const LakeTarget target, target_of(run, table));
    const std::vector<NewDataFile> files = landed_files(*run.ledger, ledger_key(table));
    if (!target.table || files.empty()) continue;
    TRY_ASSIGN(out[*target.table],
               search_replaced(run, table, *target.table, staged_rows(target, files)));
  }
  return out;
}

class Publication {
 public:
  Publication(LakeRun& run, DuckLakeCommit& commit, const SearchedTables& searched)
      : run_(run), commit_(commit), searched_(searched) {}

  Status add(const TargetTable& table) {
    TRY_ASSIGN(const LakeTarget target, target_of(run_, table));
    TRY_ASSIGN(const auto found, commit_.find_table(lake_name(table)));
    TRY(check_unchanged(table, target, found));
    const std::vector<NewDataFile> files = landed_files(*run_.ledger, ledger_key(table));
    if (found && table.if_exists != IfExists::kReplace) {
      TRY_ASSIGN(const auto columns, columns_of(found->id));
      if (table.if_exists == IfExists::kMerge && !files.empty()) {
        const auto known = searched_.find(found->id);
        TRY(delete_replaced(run_, commit_, table, found->id, staged_rows(target, files),
                            known == searched_.end() ? SearchedFiles() : known->second));
      }
      return commit_.add_files(found->id, columns, files);
    }
    TRY_ASSIGN(const SchemaRow schema, commit_.schema(lake_name(table).schema, target.schema_uuid));
    if (found) {
      TRY(commit_.rename_table(*found, schema.name, kept_name(run_.id, found->name)));
    }
    const std::string schema_folder =
        resolve_path(run_.data_path, schema.path, schema.path_is_relative);
    TRY_ASSIGN(const TableRow row,
               commit_.create_table(schema, new_table(table, target, schema_folder)));
    TRY_ASSIGN(const auto columns, columns_of(row.id));
    return commit_.add_files(row.id, columns, files);
  }

 private:
  Status check_unchanged(const TargetTable& table, const LakeTarget& target,
                         const std::optional<TableRow>& found) {
    const std::optional<Id> now = found ? std::optional(found->id) : std::nullopt;
    if (now != target.table) {
      return fail(changed_meanwhile(run_, table,
                                    !now            ? "went away"
                                    : !target.table ? "was made by somebody else"
                                                    : "was replaced"));
    }
    if (!found) return {};
    TRY_ASSIGN(const auto changes, commit_.changes_since(target.snapshot));
    const bool adds = table.if_exists != IfExists::kReplace;
    const bool changed =
        adds ? changed_otherwise(
                   changes, found->id,
                   {ChangeKind::kInserted, ChangeKind::kInlinedInsert, ChangeKind::kDeleted,
                    ChangeKind::kInlinedDelete, ChangeKind::kFlushedInlined, ChangeKind::kCompacted,
                    ChangeKind::kMergedAdjacent, ChangeKind::kRewroteDeletes})
             : changed_otherwise(changes, found->id, {});
    if (!changed) return {};
    return fail(changed_meanwhile(run_, table, adds ? "was altered" : "changed"));
  }

  Result<std::vector<LakeColumn>> columns_of(Id table) {
    return DuckLakeCatalog(*run_.database, "").columns_of(table, commit_.snapshot());
  }

  LakeRun& run_;
  DuckLakeCommit& commit_;
  const SearchedTables& searched_;
};

Status commit_all(LakeRun& run, const SearchedTables& searched) {
  TRY_ASSIGN(DuckLakeCommit commit, DuckLakeCommit::begin(*run.database));
  Publication publication(run, commit, searched);
  for (const TargetTable& table : run.plan->tables) TRY(publication.add(table));
  TRY(commit.finish("sluice", "sluice run " + run.id, extra_info(run.id, false)));
  crash_point();
  return run.database->commit();
}

// Nobody shall see a snapshot whose files they cannot open.
Status check_access(const LakeRun& run) {
  if (run.access.empty()) return {};
  std::vector<std::filesystem::path> files;
  for (const TargetTable& table : run.plan->tables) {
    TRY_ASSIGN(const LakeTarget target, target_of(run, table));
    for (const NewDataFile& file : landed_files(*run.ledger, ledger_key(table))) {
      files.push_back(target.folder / file.path);
    }
  }
  return check_readers(run.location, run.access, std::move(files));
}

}  // namespace

Status publish_lake(LakeRun& run) {
  if (run.ledger->is_published()) return {};
  if (run.database == nullptr) return fail(ErrorKind::kInternal, "publish before prepare");
  TRY_ASSIGN(const PublishState before, publish_state_of(run));
  if (before != PublishState::kPublished) {
    TRY(give_catalog(run.location, run.access));
    TRY(check_access(run));
    TRY_ASSIGN(const SearchedTables searched, search_tables(run));
    crash_point();
    TRY(run.database->begin_write(kCommitWait));
    const Status done = commit_all(run, searched);
    run.database->end();
    TRY(done);
  }
  crash_point();
  return run.ledger->append({{"kind", "published"}});
}

}  // namespace sluice::ducklake
