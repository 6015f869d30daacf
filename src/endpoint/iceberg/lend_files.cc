#include "endpoint/iceberg/lend_files.h"

#include <utility>

#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/make_snapshot.h"

namespace sluice::iceberg {
namespace {

using Lent = std::optional<LentFiles>;

NewTable table_again(const TableMetadata& staged) {
  NewTable out;
  out.format_version = staged.format_version;
  out.location = staged.location;
  out.schema = staged.schema();
  out.properties = staged.properties;
  return out;
}

// Keys for another place may be for that place alone; they are tried where one has none.
Lent keys_of(const IcebergTable& again, const TableMetadata& staged, const S3Settings& own) {
  const bool is_elsewhere = again.metadata.location != staged.location;
  if (is_elsewhere && own.has_keys()) return std::nullopt;
  return LentFiles{again.s3, again.s3_ends_ms};
}

// nullopt where the name is somebody else's, or its namespace is gone.
Result<Lent> ask(IcebergCatalog& catalog, const IcebergName& name, const TableMetadata& staged,
                 const S3Settings& own, const Lent& known) {
  TRY_ASSIGN(const auto found, catalog.load(name));
  if (found && found->metadata.table_uuid == staged.table_uuid) {
    return LentFiles{found->s3, found->s3_ends_ms};
  }
  if (known) return known;
  if (found) return std::nullopt;
  auto again = catalog.stage(name, table_again(staged));
  if (again) return keys_of(*again, staged, own);
  const ErrorKind kind = again.error().kind;
  if (kind == ErrorKind::kNotFound || kind == ErrorKind::kExists) return std::nullopt;
  return fail(std::move(again.error()));
}

}  // namespace

void LentKeys::put(const std::string& place, LentFiles lent) {
  const std::lock_guard lock(mutex_);
  lent_.insert_or_assign(place, std::move(lent));
}

Lent LentKeys::find(const std::string& place) {
  const std::lock_guard lock(mutex_);
  const auto found = lent_.find(place);
  return found == lent_.end() ? std::nullopt : Lent(found->second);
}

Status lend_files(const std::shared_ptr<IcebergCatalog>& catalog, const IcebergName& name,
                  const IcebergTarget& target, LentKeys& known, LakeFiles& files) {
  const S3Settings own = files.settings_of("");
  const Lent before = known.find(target.before.location);
  TRY_ASSIGN(const Lent lent, ask(*catalog, name, target.before, own, before));
  if (!lent) return {};
  const LakeFiles::Renew renew = [catalog, name, own,
                                  staged = target.before]() -> Result<LentFiles> {
    TRY_ASSIGN(const Lent more, ask(*catalog, name, staged, own, std::nullopt));
    if (more) return *more;
    return LentFiles{own, std::nullopt};
  };
  const TableMetadata& after = target.after;
  for (const std::string& place : {after.location, data_folder(after), metadata_folder(after)}) {
    files.lend(place, *lent, renew);
  }
  return {};
}

}  // namespace sluice::iceberg
