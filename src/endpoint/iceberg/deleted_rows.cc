#include "endpoint/iceberg/deleted_rows.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "format/iceberg/puffin.h"

namespace sluice::iceberg {
namespace {

constexpr const char* kHint =
    "rows that were deleted cannot be told from the others: restore the file, or read a snapshot "
    "without it with --at";

std::unexpected<Error> in_file(Error error, const TableState& table, const DataFile& file) {
  error.message = fmt::format("table \"{}\", delete file {}: {}", table.name.display(), file.path,
                              error.message);
  error.object = table.name.display();
  if (error.hint.empty()) error.hint = kHint;
  return fail(std::move(error));
}

}  // namespace

Status DeletedRows::load_positions(const std::vector<const DataFile*>& files) {
  std::vector<std::string> literals;
  for (const DataFile* file : files) {
    if (file->format != "parquet") {
      return in_file(Error(ErrorKind::kUnsupported,
                           fmt::format("deletes of format \"{}\" are not read", file->format)),
                     table_, *file);
    }
    TRY(table_.files->head(file->path));
    TRY_ASSIGN(const std::string path, table_.files->engine_path(file->path, engine_));
    literals.push_back(quote_literal(path));
    positions_[file->path];
  }
  if (literals.empty()) return {};
  TRY_ASSIGN(const auto connection, engine_.connect());
  const std::string sql = fmt::format(
      "SELECT CAST(file_index AS BIGINT), file_path, pos FROM read_parquet([{}], "
      "hive_partitioning=false, schema=MAP{{'file_path': {{name: 'file_path', type: 'VARCHAR', "
      "default_value: NULL}}, 'pos': {{name: 'pos', type: 'BIGINT', default_value: NULL}}}})",
      join(literals, ", "));
  return connection->stream(sql, [&](const Batch& batch) -> Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const DataFile& file =
          *files.at(static_cast<std::size_t>(batch.columns[0].at<std::int64_t>(row)));
      const bool has_both = !batch.columns[1].is_null(row) && !batch.columns[2].is_null(row);
      const std::int64_t position = has_both ? batch.columns[2].at<std::int64_t>(row) : -1;
      if (position < 0) {
        return in_file(Error(ErrorKind::kCorrupt, "a row names no file or no place in it"), table_,
                       file);
      }
      const std::string path(batch.columns[1].at<TextCell>(row).view());
      positions_[file.path][path].push_back(static_cast<std::uint64_t>(position));
    }
    return {};
  });
}

Result<RowSet> DeletedRows::vector_of(const DataFile& vector) {
  const auto read = [&]() -> Result<RowSet> {
    if (*vector.content_offset < 0 || *vector.content_size < 0) {
      return fail(ErrorKind::kCorrupt, "a deletion vector begins before its file");
    }
    TRY_ASSIGN(
        const std::string bytes,
        table_.files->read_range(vector.path, static_cast<std::uint64_t>(*vector.content_offset),
                                 static_cast<std::uint64_t>(*vector.content_size)));
    return read_deletion_vector(bytes, vector.record_count, vector.path);
  };
  Result<RowSet> rows = read();
  if (!rows) return in_file(std::move(rows.error()), table_, vector);
  return rows;
}

Status DeletedRows::load(const std::vector<const LiveFile*>& files) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> wanted;
  std::vector<const DataFile*> position_files;
  for (const LiveFile* file : files) {
    if (file->deletes.vector != nullptr && !vectors_.contains(file->data().path)) {
      TRY_ASSIGN(RowSet rows, vector_of(file->deletes.vector->file));
      vectors_.emplace(file->data().path, std::move(rows));
    }
    for (const ManifestEntry* entry : file->deletes.position) {
      const bool is_new = !positions_.contains(entry->file.path);
      if (is_new && wanted.insert(entry->file.path).second) position_files.push_back(&entry->file);
    }
  }
  return load_positions(position_files);
}

Result<RowSet> DeletedRows::of(const LiveFile& file) {
  const std::lock_guard lock(mutex_);
  if (file.deletes.vector != nullptr) return vectors_.at(file.data().path);
  std::vector<std::uint64_t> rows;
  for (const ManifestEntry* entry : file.deletes.position) {
    const Positions& positions = positions_.at(entry->file.path);
    const auto own = positions.find(file.data().path);
    if (own != positions.end()) rows.insert(rows.end(), own->second.begin(), own->second.end());
  }
  return RowSet::of(std::move(rows));
}

bool DeletedRows::may_name(const DataFile& deletes, const std::string& data_file) {
  const std::lock_guard lock(mutex_);
  const auto read = positions_.find(deletes.path);
  return read == positions_.end() || read->second.contains(data_file);
}

}  // namespace sluice::iceberg
