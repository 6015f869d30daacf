#include "base/secret.h"

#include <mutex>
#include <set>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kRedactableBytesMin = 4;

std::mutex known_mutex;
std::set<std::string>& known_secrets() {
  static std::set<std::string> secrets;
  return secrets;
}

}  // namespace

Secret::Secret(std::string text) : text_(std::move(text)) {
  if (text_.size() < kRedactableBytesMin) return;
  const std::lock_guard lock(known_mutex);
  known_secrets().insert(text_);
}

std::string redact(std::string text) {
  const std::lock_guard lock(known_mutex);
  for (const std::string& secret : known_secrets()) {
    text = replace_all(std::move(text), secret, "****");
  }
  return text;
}

}  // namespace sluice
