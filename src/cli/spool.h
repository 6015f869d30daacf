// Text that is printed only once all of it is there, so that an error in the middle leaves no half
// of a JSON document. Past a megabyte it waits in an unnamed temporary file.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/unique_handle.h"
#include "cli/output.h"

namespace sluice {

class Spool {
 public:
  Status write(std::string_view text);
  Status copy_to(Output& output);

 private:
  Status spill();

  std::string buffer_;
  UniqueHandle<std::FILE*, std::fclose> file_;
};

}  // namespace sluice
