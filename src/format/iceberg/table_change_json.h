// Requirements and updates as the REST catalog protocol spells them (REST catalog specification,
// "TableRequirement", "TableUpdate").
#pragma once

#include <vector>

#include "format/iceberg/table_change.h"

namespace sluice::iceberg {

Json to_json(const Requirement& requirement);
Json to_json(const Update& update);

// The request body that makes a table, not yet committed.
Json stage_request(const std::string& name, const NewTable& table);
// What makes a staged table of none, to go before what else happens to it.
std::vector<Json> creation_json(const TableMetadata& staged);

// Whether a table is as if these updates had been made on it: what is to be added is there, what is
// to be removed is not.
bool is_made(const TableMetadata& metadata, const std::vector<Update>& updates);

}  // namespace sluice::iceberg
