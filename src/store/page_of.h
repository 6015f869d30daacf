// A page of a sorted map of keys, for stores that hold all their keys: memory and local disk.
#pragma once

#include <map>
#include <string>

#include "store/store.h"

namespace sluice {

// The continuation of a page is the last key or folder on it.
ListPage page_of(const std::map<std::string, ObjectInfo>& objects, const ListRequest& request);

}  // namespace sluice
