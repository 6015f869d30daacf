// Private to operations/: archives and the backups of runs as the verbs of `backup` tell of them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "backup/archive.h"
#include "backup/backup.h"
#include "operations/session.h"
#include "report/archive_report.h"

namespace sluice {

// `given`, or where that is "" the one in the state folder.
std::filesystem::path archive_folder(const Sluice::Impl& impl, const std::filesystem::path& given);

ArchiveFacts facts_of(const FoundArchive& archive);
// A backup that a run made is an archive of one file.
ArchiveFacts facts_of(const BackupRecord& backup);

// The backups of runs are in the state folder alone: none where another folder was given.
Result<std::optional<BackupRecord>> find_run_backup(const Sluice::Impl& impl,
                                                    const std::filesystem::path& given,
                                                    const std::string& id);

}  // namespace sluice
