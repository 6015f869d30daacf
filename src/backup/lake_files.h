// Files of a lake, wherever it is, come to an archive and back.
#pragma once

#include <filesystem>
#include <string>

#include "backup/archive.h"
#include "base/files.h"
#include "base/result.h"

namespace sluice {

// Replaces `target`, which is on the disk when this returns. `files`: those of `source`. Errors:
// kNotFound where it is gone, kLimit where the disk is full.
Status fetch_file(Files& files, const std::string& source, const std::filesystem::path& target);

// Puts a file of an archive to `target`, elsewhere than on this machine, and reads it again. What
// is there already with the same content stays untouched: somebody may read it. Errors: kMismatch
// where another content is there in the end.
Status bring_file(const std::filesystem::path& archive, const ArchivedFile& file,
                  const std::string& target, Files& files);

}  // namespace sluice
