#include "endpoint/ducklake/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/file_layout.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/engine_error.h"
#include "endpoint/sql_names.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

class Replacement {
 public:
  Replacement(LakeRun& run, DuckLakeCommit& commit, const TargetTable& table, LakeTable& lake_table,
              EngineConnection& connection, const std::string& staged)
      : run_(run),
        commit_(commit),
        lake_table_(lake_table),
        connection_(connection),
        staged_(staged) {
    std::vector<std::string> terms;
    for (const std::string& key : table.merge_key) {
      terms.push_back(fmt::format("n.{0} IS NOT DISTINCT FROM o.{0}", quote_identifier(key)));
    }
    matches_ = join(terms, " AND ");
  }

  Status run(const InlinedRows& inlined) {
    const FileScan scan{&lake_table_, commit_.base().id, inlined.deletes};
    std::vector<NewDeleteFile> deletes;
    for (std::size_t i = 0; i < lake_table_.files.size(); ++i) {
      TRY_ASSIGN(const std::string rows, select_with_positions(scan, i));
      TRY_ASSIGN(const bool any, any_match(rows));
      if (!any) continue;
      TRY_ASSIGN(NewDeleteFile file, write_deletes(lake_table_.files[i], rows));
      deletes.push_back(std::move(file));
    }
    TRY(commit_.add_deletes(lake_table_.row.id, deletes));
    for (const NumberedRows& part : inlined.numbered) {
      TRY_ASSIGN(const auto found,
                 connection_.rows(fmt::format("SELECT sluice_row_id FROM ({}) o WHERE {}",
                                              part.select, has_match())));
      std::vector<Id> ids;
      for (const TextRow& row : found) ids.push_back(std::stoll(row.at(0).value_or("0")));
      TRY(commit_.end_inlined(lake_table_.row.id, part.table, ids));
    }
    return {};
  }

 private:
  std::string has_match() const {
    return fmt::format("EXISTS (SELECT 1 FROM {} n WHERE {})", staged_, matches_);
  }

  Result<bool> any_match(const std::string& rows) {
    TRY_ASSIGN(const auto found, connection_.rows(fmt::format(
                                     "SELECT 1 FROM ({}) o WHERE {} LIMIT 1", rows, has_match())));
    return !found.empty();
  }

  // One file at most deletes from a data file, so what is deleted already comes along.
  Result<NewDeleteFile> write_deletes(const LakeFile& file, const std::string& rows) {
    std::string positions =
        fmt::format("SELECT sluice_pos AS pos FROM ({}) o WHERE {}", rows, has_match());
    if (file.deletes) {
      positions += " UNION ALL SELECT pos FROM " + read_sql({file.deletes->path});
    }
    const std::string name =
        fmt::format("{}-delete-{}.parquet", staging_prefix(run_.id), file.row.id);
    const fs::path path = fs::path(lake_table_.folder) / name;
    TRY(make_folders(path.parent_path(), run_.access));
    TRY_ASSIGN(const DeleteFileSize size,
               write_delete_file(connection_, positions, file.path, path));
    TRY(run_.access.give_file(path));
    return NewDeleteFile{file.row.id, name, size.rows, size.bytes, size.footer_bytes};
  }

  LakeRun& run_;
  DuckLakeCommit& commit_;
  LakeTable& lake_table_;
  EngineConnection& connection_;
  const std::string& staged_;
  std::string matches_;
};

}  // namespace

Status delete_replaced(LakeRun& run, DuckLakeCommit& commit, const TargetTable& table, Id id,
                       const std::string& staged) {
  TRY_ASSIGN(Lake lake, DuckLakeCatalog(*run.database, "").load({}));
  const auto at = std::find_if(lake.tables.begin(), lake.tables.end(),
                               [&](const LakeTable& other) { return other.row.id == id; });
  if (at == lake.tables.end()) return fail(ErrorKind::kInternal, "the table is not in its lake");
  TRY(find_layouts(*at, *run.engine));
  TRY_ASSIGN(const InlinedRows inlined,
             read_inlined(*run.database, *at, commit.base().id, *run.engine));
  const auto act = [&]() -> Status {
    TRY_ASSIGN(const auto connection, run.engine->connect());
    return Replacement(run, commit, table, *at, *connection, staged).run(inlined);
  };
  const Status done = act();
  for (const std::string& source : inlined.sources) run.engine->remove_source(source);
  if (!done) return fail(refine_engine_error(done.error(), run.data_path));
  return {};
}

}  // namespace sluice::ducklake
