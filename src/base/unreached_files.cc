#include "base/files.h"

namespace sluice {
namespace {

std::unexpected<Error> unreached(const std::string& path) {
  return fail(
      Error(ErrorKind::kUnsupported,
            "\"" + path + "\" is outside of the places that the locations name")
          .about(path)
          .code("place")
          .advise("copy the file to where the others are, or name its place as a location"));
}

class UnreachedFiles final : public Files {
 public:
  bool is_local() const override { return false; }
  Result<std::optional<FoundFile>> find(const std::string& path) override {
    return unreached(path);
  }
  Result<bool> has_folder(const std::string& folder) override { return unreached(folder); }
  Result<std::vector<FoundFile>> list(const std::string& folder) override {
    return unreached(folder);
  }
  Result<std::vector<FoundFile>> list_below(const std::string& prefix) override {
    return unreached(prefix);
  }
  Result<std::string> read(const std::string& path) override { return unreached(path); }
  Result<std::string> read_range(const std::string& path, std::uint64_t, std::uint64_t) override {
    return unreached(path);
  }
  Status write(const std::string& path, std::string_view) override { return unreached(path); }
  Result<NewFile> write_new(const std::string& path, std::string_view) override {
    return unreached(path);
  }
  Status copy(const std::string&, const std::string& target) override { return unreached(target); }
  Status remove(const std::string& path) override { return unreached(path); }
};

}  // namespace

Files& unreached_files() {
  static UnreachedFiles files;
  return files;
}

}  // namespace sluice
