// Private to endpoint/delta: what runs keep beside tables until they are rolled back or forgotten.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "format/delta/actions.h"
#include "model/lake_facts.h"

namespace sluice::delta {

// The folders `.sluice_RUN` in these folders, sorted, each once. `files`: those of the folders.
std::vector<StagingFolder> staging_folders(const std::vector<std::filesystem::path>& folders,
                                           Files& files);

// Whether a run's name stands at the beginning of a data file's name.
bool is_of_a_run(const std::vector<StagingFolder>& staging, const std::string& path);

// The version of a table that a rollback of some run goes back to; nullopt where none would.
std::optional<Version> version_to_go_back_to(const std::vector<StagingFolder>& staging,
                                             const std::filesystem::path& table, Files& files);

}  // namespace sluice::delta
