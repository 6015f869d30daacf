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

// The table as it is now, with those of its data files that are to be searched. The relations live
// in the engine until with_replacement() is done.
struct OpenTable {
  LakeTable table;
  SearchedFiles searched;  // the other files
  Id snapshot = 0;
  InlinedRows inlined;
  std::map<Id, std::uint64_t> inlined_deletes;
};

// Takes the files out that are as they were when they were searched.
void leave_out_known(OpenTable& open, const SearchedFiles& known) {
  std::erase_if(open.table.files, [&](const LakeFile& file) {
    const auto before = known.find(file.row.id);
    if (before == known.end()) return false;
    if (before->second.state != state_of(file, open.inlined_deletes)) return false;
    open.searched.insert(*before);
    return true;
  });
}

// Requires: begin_read() or begin_write(). Returns: nothing where the table is gone.
Result<std::optional<OpenTable>> open_table(LakeRun& run, Id id, const SearchedFiles& known) {
  TRY_ASSIGN(Lake lake, DuckLakeCatalog(*run.database, "").load({}));
  const auto at = std::find_if(lake.tables.begin(), lake.tables.end(),
                               [&](const LakeTable& other) { return other.row.id == id; });
  if (at == lake.tables.end()) return std::optional<OpenTable>();
  OpenTable out;
  out.table = std::move(*at);
  out.snapshot = lake.snapshot.id;
  TRY_ASSIGN(out.inlined_deletes, count_inlined_deletes(*run.database, out.table));
  leave_out_known(out, known);
  TRY(find_layouts(out.table, *run.engine));
  TRY_ASSIGN(out.inlined, read_inlined(*run.database, out.table, out.snapshot, *run.engine));
  return std::optional(std::move(out));
}

class Replacement {
 public:
  Replacement(LakeRun& run, const TargetTable& table, const OpenTable& open,
              EngineConnection& connection, const std::string& staged)
      : run_(run), open_(open), connection_(connection), staged_(staged) {
    std::vector<std::string> terms;
    for (const std::string& key : table.merge_key) {
      terms.push_back(fmt::format("n.{0} IS NOT DISTINCT FROM o.{0}", quote_identifier(key)));
    }
    matches_ = join(terms, " AND ");
  }

  Result<SearchedFiles> search() {
    const FileScan scan{&open_.table, open_.snapshot, open_.inlined.deletes};
    SearchedFiles out = open_.searched;
    for (std::size_t i = 0; i < open_.table.files.size(); ++i) {
      const LakeFile& file = open_.table.files[i];
      SearchedFile& searched = out[file.row.id];
      searched.state = state_of(file, open_.inlined_deletes);
      TRY_ASSIGN(const std::string rows, select_with_positions(scan, i));
      TRY_ASSIGN(const bool any, any_match(rows));
      if (!any) continue;
      TRY_ASSIGN(searched.deletes, write_deletes(file, rows));
    }
    return out;
  }

  Status end_inlined(DuckLakeCommit& commit) {
    for (const NumberedRows& part : open_.inlined.numbered) {
      TRY_ASSIGN(const auto found,
                 connection_.rows(fmt::format("SELECT sluice_row_id FROM ({}) o WHERE {}",
                                              part.select, has_match())));
      std::vector<Id> ids;
      for (const TextRow& row : found) ids.push_back(std::stoll(row.at(0).value_or("0")));
      TRY(commit.end_inlined(open_.table.row.id, part.table, ids));
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
    const fs::path path = fs::path(open_.table.folder) / name;
    TRY(make_folders(path.parent_path(), run_.access));
    TRY_ASSIGN(const DeleteFileSize size,
               write_delete_file(connection_, positions, file.path, path));
    TRY(run_.access.give_file(path));
    return NewDeleteFile{file.row.id, name, size.rows, size.bytes, size.footer_bytes};
  }

  LakeRun& run_;
  const OpenTable& open_;
  EngineConnection& connection_;
  const std::string& staged_;
  std::string matches_;
};

// Gives `act` a Replacement of the open table, which is closed behind it.
template <typename Act>
Status with_replacement(LakeRun& run, const TargetTable& table, const OpenTable& open,
                        const std::string& staged, Act act) {
  const auto whole = [&]() -> Status {
    TRY_ASSIGN(const auto connection, run.engine->connect());
    Replacement replacement(run, table, open, *connection, staged);
    return act(replacement);
  };
  const Status done = whole();
  for (const std::string& source : open.inlined.sources) run.engine->remove_source(source);
  if (!done) return fail(refine_engine_error(done.error(), run.data_path));
  return {};
}

}  // namespace

Result<SearchedFiles> search_replaced(LakeRun& run, const TargetTable& table, Id id,
                                      const std::string& staged) {
  SearchedFiles out;
  TRY(run.database->begin_read());
  auto found = open_table(run, id, {});
  run.database->end();
  TRY_ASSIGN(const auto open, std::move(found));
  if (!open) return out;
  TRY(with_replacement(run, table, *open, staged, [&](Replacement& replacement) -> Status {
    TRY_ASSIGN(out, replacement.search());
    return {};
  }));
  return out;
}

Status delete_replaced(LakeRun& run, DuckLakeCommit& commit, const TargetTable& table, Id id,
                       const std::string& staged, const SearchedFiles& searched) {
  TRY_ASSIGN(const auto open, open_table(run, id, searched));
  if (!open) return fail(ErrorKind::kInternal, "the table is not in its lake");
  return with_replacement(run, table, *open, staged, [&](Replacement& replacement) -> Status {
    TRY_ASSIGN(const SearchedFiles files, replacement.search());
    std::vector<NewDeleteFile> deletes;
    for (const auto& [file, one] : files) {
      if (one.deletes) deletes.push_back(*one.deletes);
    }
    TRY(commit.add_deletes(id, deletes));
    return replacement.end_inlined(commit);
  });
}

}  // namespace sluice::ducklake
