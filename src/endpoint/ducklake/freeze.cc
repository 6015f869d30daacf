#include "endpoint/ducklake/freeze.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/access_advice.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/copy_catalog.h"
#include "lake_catalog/create_ducklake.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kNobodyElse{1000};  // the file is new

Status write_copy(CatalogDatabase& source, CatalogDatabase& copy, const std::string& data_path) {
  TRY(copy.begin_write(kNobodyElse));
  TRY(create_catalog_tables(copy));
  TRY(copy_catalog(source, copy, data_path));
  TRY(compare_catalogs(source, copy, data_path));
  return copy.commit();
}

Result<LakeFreezeFacts> facts_of(CatalogDatabase& source) {
  TRY_ASSIGN(const Lake lake, DuckLakeCatalog(source, "").load({}));
  LakeFreezeFacts out;
  out.snapshot = lake.snapshot.id;
  out.tables = lake.tables.size();
  for (const LakeTable& table : lake.tables) out.files += table.files.size();
  return out;
}

}  // namespace

Result<LakeFreezeFacts> freeze_lake(CatalogDatabase& source, const std::string& file,
                                    const std::string& data_path, Engine& engine) {
  const fs::path path = fs::absolute(file).lexically_normal();
  std::error_code code;
  if (fs::exists(path, code)) {
    return fail(Error(ErrorKind::kExists, fmt::format("\"{}\" is there already", path.string()))
                    .about(path.string())
                    .advise("give the frozen catalog another name, or remove that file"));
  }
  TRY(check_can_write(path, "make the file"));
  const std::string unfinished = path.string() + ".sluice_tmp";
  const auto clear = [&] {
    for (const char* const ending : {"", ".wal"}) fs::remove(unfinished + ending, code);
  };
  clear();
  const auto act = [&]() -> Result<LakeFreezeFacts> {
    TRY_ASSIGN(const auto copy,
               open_duckdb_catalog(unfinished, engine, {true, engine.cancel_token()}));
    TRY(source.begin_read());
    const Status written = write_copy(source, *copy, as_folder(data_path));
    copy->end();
    auto facts = written ? facts_of(source) : Result<LakeFreezeFacts>(fail(written.error()));
    source.end();
    return facts;
  };
  auto facts = act();
  crash_point();
  if (!facts) {
    clear();
    return facts;
  }
  TRY(sync_file(unfinished));
  TRY(rename_durably(unfinished, path));
  facts->file = path.string();
  facts->data_path = as_folder(data_path);
  return facts;
}

}  // namespace sluice::ducklake
