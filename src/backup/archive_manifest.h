// Private to backup: the manifest's encoding.
//
//   {"sluice_archive":1,"id","location","kind","catalog","created_at","snapshot","data_path",
//    "drilled","tables":[{"table","rows","digest"}],"files":[{"path","bytes","sha256"}],
//    "traits":{NAME: TEXT},"sha256"}                     "traits" only where there are any
//
// "sha256" is that of the document without this field, as it was dumped.
#pragma once

#include <string>
#include <string_view>

#include "backup/archive.h"

namespace sluice {

std::string encode_manifest(const ArchiveManifest& manifest);
// Errors: kCorrupt where a byte of it is another, kUnsupported for another version.
Result<ArchiveManifest> decode_manifest(std::string_view text, const std::string& path);

}  // namespace sluice
