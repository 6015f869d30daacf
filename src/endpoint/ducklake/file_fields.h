// Private to endpoint/ducklake: what files say of their own columns.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "format/ducklake/value_fields.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// The columns of each file, by its path. Reads footers only.
Result<std::map<std::string, std::vector<ValueField>>> read_fields(
    EngineConnection& connection, const std::vector<std::string>& paths);

// Sets LakeFile::layout of the files that do not have the columns which the table had when they
// were added: a file that is written anew keeps the names of the files that it is made of, and one
// transaction may write files before and after it alters a table. Field ids tell.
Status settle_layouts(EngineConnection& connection, LakeTable& table);

}  // namespace sluice::ducklake
