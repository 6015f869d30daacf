#include "endpoint/iceberg/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "endpoint/engine_error.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/table_scan.h"
#include "endpoint/iceberg/write_deletes.h"
#include "engine/digest_tap.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::iceberg {
namespace {

// Rows of data files, by the file's place in the table.
using Hits = std::map<std::size_t, std::vector<std::uint64_t>>;

Result<Digest> digest_of(EngineConnection& connection, const std::string& rows,
                         const std::vector<std::string>& columns) {
  const DigestTap tap;
  TRY(connection.value(fmt::format("SELECT count(*) FROM ({})", tap.wrap(rows, columns))));
  return tap.digest();
}

class Replacement {
 public:
  Replacement(const IcebergRun& run, const TargetTable& table, const TableState& before,
              const TableMetadata& after, SnapshotChange& change, EngineConnection& connection)
      : run_(run),
        table_(table),
        after_(after),
        change_(change),
        now_(before, *run.engine),
        staged_(before, *run.engine, LiveFiles::of(before, change.adds)),
        connection_(connection) {
    std::vector<std::string> terms;
    for (const std::string& key : table.merge_key) {
      terms.push_back(fmt::format("n.{0} IS NOT DISTINCT FROM o.{0}", quote_identifier(key)));
    }
    matches_ = join(terms, " AND ");
  }

  Status make(std::vector<std::string>& written) {
    TRY_ASSIGN(const std::string staged, staged_.select(parts_of(nullptr, change_.adds.size())));
    has_match_ = fmt::format("EXISTS (SELECT 1 FROM ({}) n WHERE {})", staged, matches_);
    TRY_ASSIGN(live_, now_.live());
    TRY_ASSIGN(const Hits hits, find_rows());
    if (hits.empty()) return {};
    change_.operation = "overwrite";
    return after_.format_version == 1 ? rewrite(hits, written) : delete_rows(hits, written);
  }

 private:
  // One query for all files that are read alike.
  Result<Hits> find_rows() {
    Hits out;
    TRY_ASSIGN(const Scanned scanned, now_.scan(parts_of(nullptr, live_->files().size())));
    for (const ScanGroup& group : scanned.groups) {
      TRY_ASSIGN(const std::string rows,
                 select_of(scanned.input, group,
                           fmt::format("{}, CAST(f.file_row_number AS BIGINT) AS \"sluice: row\"",
                                       kPlaceItem)));
      const std::string sql = fmt::format("SELECT {}, \"sluice: row\" FROM ({}) o WHERE {}",
                                          kPlaceName, rows, has_match_);
      TRY(connection_.stream(sql, [&](const Batch& batch) -> Status {
        for (std::size_t row = 0; row < batch.rows; ++row) {
          const auto place = batch.columns.at(0).at<std::int64_t>(row);
          const auto at = batch.columns.at(1).at<std::int64_t>(row);
          out[group.parts.at(static_cast<std::size_t>(place)).file].push_back(
              static_cast<std::uint64_t>(at));
        }
        return {};
      }));
    }
    return out;
  }

  Status delete_rows(const Hits& hits, std::vector<std::string>& written) {
    const DeletesWriting writing{
        run_.id,
        fmt::format("{}/{}deletes-{}", data_folder(after_), file_stem(run_.id), new_uuid()),
        run_.files.get()};
    std::vector<DeletedPlaces> places;
    for (const auto& [place, rows] : hits) places.push_back({&live_->files()[place], rows});
    if (after_.format_version > 2) return write_vectors(places, writing, now_, change_, written);
    return write_position_deletes(places, writing, *run_.engine, connection_, change_, written);
  }

  Status rewrite(const Hits& hits, std::vector<std::string>& written) {
    std::vector<FilePart> parts;
    for (const auto& [place, rows] : hits) {
      parts.push_back({place, 0, 0});
      change_.removes.insert(live_->files()[place].data().path);
    }
    TRY_ASSIGN(const std::string rows, now_.select(parts));
    const std::string stay = fmt::format("SELECT * FROM ({}) o WHERE NOT {}", rows, has_match_);
    std::vector<std::string> columns;
    for (const Column& column : after_.schema().columns) columns.push_back(column.name);
    DigestTap tap;
    const FileWriting writing{run_.id, table_.name.display(), &after_, run_.files.get(), {}, false,
                              &tap};
    const std::string stem =
        fmt::format("{}/{}merged-{}", data_folder(after_), file_stem(run_.id), new_uuid());
    TRY_ASSIGN(auto files,
               write_data_files(connection_, *run_.engine, tap.wrap(stay, columns), writing, stem));
    for (const DataFile& file : files) written.push_back(file.path);
    TableScan scan(now_.state(), *run_.engine, LiveFiles::of(now_.state(), files));
    TRY_ASSIGN(const std::string again, scan.select(parts_of(nullptr, files.size())));
    TRY_ASSIGN(const Digest digest, digest_of(connection_, again, columns));
    if (digest == tap.digest()) {
      std::move(files.begin(), files.end(), std::back_inserter(change_.adds));
      return {};
    }
    return fail(
        table_error(ErrorKind::kMismatch, table_.name,
                    fmt::format("{} rows with digest {} stay beside the merged ones, {} "
                                "rows with digest {} are in the files written of them",
                                tap.digest().rows, tap.digest().hex(), digest.rows, digest.hex()))
            .advise(fmt::format("nothing was changed; sluice rollback {}", run_.id)));
  }

  const IcebergRun& run_;
  const TargetTable& table_;
  const TableMetadata& after_;
  SnapshotChange& change_;
  TableScan now_;
  TableScan staged_;
  EngineConnection& connection_;
  std::shared_ptr<const LiveFiles> live_;
  std::string matches_;
  std::string has_match_;
};

}  // namespace

Status replace_matching(const IcebergRun& run, const TargetTable& table, const TableState& before,
                        const TableMetadata& after, SnapshotChange& change,
                        std::vector<std::string>& written) {
  if (change.adds.empty() || before.snapshot == nullptr) return {};
  TRY_ASSIGN(const auto connection, run.engine->connect());
  Status done = Replacement(run, table, before, after, change, *connection).make(written);
  if (done) return done;
  return fail(refine_engine_error(done.error(), table.name.display()));
}

}  // namespace sluice::iceberg
