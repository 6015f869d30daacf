#include "cli/job_options.h"

#include "config/config.h"

namespace sluice {

Result<MigrateOptions> job_options(const Session& session, const std::string& name,
                                   const MigrateOptions& typed) {
  const std::filesystem::path& file = session.options().config;
  TRY_ASSIGN(const Config config, load_config(file, !file.empty()));
  TRY_ASSIGN(MigrateOptions job, config.job(name));
  if (!typed.selection.tables.empty()) job.selection.tables = typed.selection.tables;
  if (!typed.selection.excludes.empty()) job.selection.excludes = typed.selection.excludes;
  for (const auto& [source, target] : typed.renames) job.renames[source] = target;
  if (!typed.maps.empty()) job.maps = typed.maps;
  if (typed.if_exists != IfExists::kFail) job.if_exists = typed.if_exists;
  if (!typed.key.empty()) job.key = typed.key;
  if (!typed.cursors.empty()) job.cursors = typed.cursors;
  for (const std::string& loss : typed.accept_losses) job.accept_losses.push_back(loss);
  for (const std::string& fields : typed.partition) job.partition.push_back(fields);
  for (const std::string& columns : typed.sort) job.sort.push_back(columns);
  if (typed.on_bad_row != OnBadRow::kFail) job.on_bad_row = typed.on_bad_row;
  if (typed.chunk_rows != 0) job.chunk_rows = typed.chunk_rows;
  if (typed.parallel != 0) job.parallel = typed.parallel;
  if (!typed.access.owner.empty()) job.access.owner = typed.access.owner;
  if (!typed.access.file_mode.empty()) job.access.file_mode = typed.access.file_mode;
  if (!typed.access.dir_mode.empty()) job.access.dir_mode = typed.access.dir_mode;
  if (!typed.backup) job.backup = false;
  if (!typed.publish) job.publish = false;
  if (typed.level != VerifyLevel::kContent) job.level = typed.level;
  return job;
}

}  // namespace sluice
