#include "endpoint/delta/merge.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/delta/data_file.h"
#include "endpoint/delta/table_scan.h"
#include "endpoint/engine_error.h"
#include "engine/digest_tap.h"
#include "format/delta/write_actions.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

std::string merge_stem(const DeltaRun& run) { return file_stem(run.id) + "merged"; }

Status remove_earlier(const DeltaRun& run, const fs::path& folder) {
  TRY_ASSIGN(const auto found, files_of_run(folder, merge_stem(run), run.files()));
  for (const std::string& path : found) TRY(run.files().remove(path));
  return {};
}

// Of a query's rows.
Result<Digest> digest_of(EngineConnection& connection, const std::string& rows,
                         const std::vector<std::string>& columns) {
  const DigestTap tap;
  TRY_ASSIGN(const auto count,
             connection.value(fmt::format("SELECT count(*) FROM ({})", tap.wrap(rows, columns))));
  return tap.digest();
}

class Replacement {
 public:
  Replacement(const DeltaRun& run, const TargetTable& table, const TableState& now,
              TableState staged, EngineConnection& connection)
      : run_(run),
        table_(table),
        now_(now, *run.engine),
        staged_(std::move(staged), *run.engine),
        connection_(connection) {
    std::vector<std::string> terms;
    for (const std::string& key : table.merge_key) {
      terms.push_back(fmt::format("n.{0} IS NOT DISTINCT FROM o.{0}", quote_identifier(key)));
    }
    matches_ = join(terms, " AND ");
  }

  Result<ReplacedFiles> make() {
    TRY_ASSIGN(const std::string staged, staged_.select_all());
    has_match_ = fmt::format("EXISTS (SELECT 1 FROM ({}) n WHERE {})", staged, matches_);
    TRY_ASSIGN(const std::vector<FilePart> hit, find_files());
    ReplacedFiles out;
    if (hit.empty()) return out;
    for (const FilePart& part : hit) {
      out.removes.push_back(remove_of(now_.state().snapshot.files[part.file].add, now_unix_ms()));
    }
    TRY_ASSIGN(out.adds, rewrite(hit));
    return out;
  }

 private:
  // One query for all files that are read alike.
  Result<std::vector<FilePart>> find_files() {
    std::vector<FilePart> out;
    TRY_ASSIGN(const auto groups,
               now_.groups(parts_of(nullptr, now_.state().snapshot.files.size())));
    for (const ScanGroup& group : groups) {
      TRY_ASSIGN(const std::string rows,
                 select_of(now_.state(), group, "CAST(f.file_index AS BIGINT) AS sluice_file"));
      TRY_ASSIGN(const auto found,
                 connection_.rows(fmt::format("SELECT DISTINCT sluice_file FROM ({}) o WHERE {}",
                                              rows, has_match_)));
      for (const TextRow& row : found) {
        out.push_back(group.parts.at(std::stoull(row.at(0).value_or("0"))));
      }
    }
    return out;
  }

  Result<std::vector<AddFile>> rewrite(const std::vector<FilePart>& hit) {
    TRY_ASSIGN(const std::string rows, now_.select(hit));
    const std::string stay = fmt::format("SELECT * FROM ({}) o WHERE NOT {}", rows, has_match_);
    std::vector<std::string> columns;
    for (const Field& column : now_.state().schema.columns) columns.push_back(column.name);
    DigestTap tap;
    const FileWriting writing{run_.id, table_.name.display(), &now_.state().schema,
                              {},      &run_.files(),         &run_.access,
                              &tap};
    TRY_ASSIGN(auto files,
               write_data_files(connection_, tap.wrap(stay, columns), writing, now_.state().folder,
                                merge_stem(run_), run_.staging() / "merged"));
    TableState written = now_.state();
    written.snapshot.files.clear();
    for (const AddFile& file : files) written.snapshot.files.push_back({file, 0});
    TableScan scan(std::move(written), *run_.engine);
    TRY_ASSIGN(const std::string again, scan.select_all());
    TRY_ASSIGN(const Digest digest, digest_of(connection_, again, columns));
    if (digest == tap.digest()) return files;
    return fail(
        Error(ErrorKind::kMismatch,
              fmt::format("table \"{}\": {} rows with digest {} stay beside the merged ones, {} "
                          "rows with digest {} are in the files that were written of them",
                          table_.name.display(), tap.digest().rows, tap.digest().hex(), digest.rows,
                          digest.hex()))
            .about(table_.name.display())
            .advise(fmt::format("nothing was changed; sluice rollback {}", run_.id)));
  }

  const DeltaRun& run_;
  const TargetTable& table_;
  TableScan now_;
  TableScan staged_;
  EngineConnection& connection_;
  std::string matches_;
  std::string has_match_;
};

}  // namespace

Result<ReplacedFiles> replace_matching(const DeltaRun& run, const TargetTable& table,
                                       const TableState& now, TableState staged) {
  TRY(remove_earlier(run, now.folder));
  TRY_ASSIGN(const auto connection, run.engine->connect());
  auto out = Replacement(run, table, now, std::move(staged), *connection).make();
  if (out) return out;
  return fail(refine_engine_error(out.error(), now.folder));
}

}  // namespace sluice::delta
