// A store as the files of a lake (base/files.h): paths are the store's address and a key.
#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "base/files.h"
#include "store/store.h"

namespace sluice {

// `place`: the store's own address, "s3://bucket/prefix", with which every path begins.
std::shared_ptr<Files> files_of_store(std::shared_ptr<Store> store, std::string place,
                                      const CancelToken* cancel);

}  // namespace sluice
