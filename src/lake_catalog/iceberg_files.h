// The files of Iceberg tables by their whole addresses, as metadata has them: file:///a/b,
// file:/a/b, /a/b, s3://bucket/key (s3a and s3n too). Nothing in an address is escaped.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "base/result.h"
#include "model/s3_settings.h"
#include "store/store.h"

namespace sluice {

struct IcebergFile {
  std::shared_ptr<Store> store;
  std::string key;
};

class IcebergFiles {
 public:
  // `settings` count for S3 alone; `cancel` may be null.
  IcebergFiles(S3Settings settings, const CancelToken* cancel)
      : settings_(std::move(settings)), cancel_(cancel) {}

  // One store a bucket, and one for this machine's files. Errors: kUnsupported for another scheme,
  // kDenied where there are no keys for S3.
  Result<IcebergFile> find(const std::string& address);
  Result<std::string> read(const std::string& address);
  // Metadata, also compressed (.gz.metadata.json).
  Result<std::string> read_metadata(const std::string& address);
  // A file that must not be there yet; whose name and bytes nobody else has. Where it is not known
  // whether it was written it is an error too: nothing refers to it then.
  Status write_new(const std::string& address, std::string_view bytes);
  Status remove(const std::string& address);

 private:
  S3Settings settings_;
  const CancelToken* cancel_;
  std::map<std::string, std::shared_ptr<Store>> stores_;  // by bucket; "": this machine's
};

// The path of an address on this machine; "" for another one's.
std::string local_path(const std::string& address);
// The address of a folder as it is typed: file:///ABSOLUTE, s3://... as it is; without a / behind.
std::string address_of_folder(const std::string& folder);

}  // namespace sluice
