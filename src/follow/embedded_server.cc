#include "follow/embedded_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"
#include "base/run_program.h"
#include "base/text.h"
#include "journal/process_identity.h"

extern char** environ;

namespace sluice::follow {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kEmbedded = "nats://embedded";
constexpr milliseconds kListenWait{10'000};
constexpr milliseconds kStopWait{10'000};
constexpr milliseconds kStep{20};

Json identity_json(const journal::ProcessIdentity& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}, {"boot", process.boot}};
}

journal::ProcessIdentity identity_of(const Json& json) {
  return {json.value("pid", 0), json.value("start_ticks", std::int64_t{0}), json.value("boot", "")};
}

}  // namespace

Result<std::optional<int>> embedded_port(const std::string& servers) {
  if (servers == kEmbedded) return nats::kDefaultPort;
  const std::string with_port = std::string(kEmbedded) + ":";
  if (!servers.starts_with(with_port)) return std::nullopt;
  const std::string text = servers.substr(with_port.size());
  int port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536) {
    return port;
  }
  return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no port", text))
                  .about(servers)
                  .advise("a server of sluice's own is nats://embedded or nats://embedded:PORT"));
}

nats::ServerPlace EmbeddedServer::place() const {
  nats::ServerPlace out;
  out.urls.push_back(fmt::format("nats://127.0.0.1:{}", port_));
  return out;
}

bool EmbeddedServer::is_listening() const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool answers =
      ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return answers;
}

std::string EmbeddedServer::last_words() const {
  const auto text = read_file(folder_ / "server.log");
  if (!text) return "";
  const std::vector<std::string> lines = split(std::string(trim(*text)), '\n');
  return lines.empty() ? "" : lines.back();
}

Status EmbeddedServer::write_record() const {
  const Json json = {{"server", identity_json(journal::process_identity(pid_))},
                     {"owner", identity_json(journal::this_process())},
                     {"port", port_}};
  return write_file_atomically(record(), json.dump() + "\n");
}

// The server of an earlier command that is not there any more becomes this one's.
bool EmbeddedServer::take_over() {
  const auto text = read_file(record());
  if (!text) return false;
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded() || !json.contains("server") || !json.contains("owner")) return false;
  const journal::ProcessIdentity server = identity_of(json["server"]);
  if (!journal::is_alive(server)) return false;
  pid_ = server.pid;
  port_ = json.value("port", port_);
  is_child_ = false;
  is_mine_ = !journal::is_alive(identity_of(json["owner"]));
  return true;
}

Status EmbeddedServer::launch() {
  // Debian puts it where only root's PATH looks.
  auto program = find_program("nats-server", {"/usr/sbin", "/usr/local/bin", "/usr/local/sbin"});
  if (!program) {
    return fail(Error(ErrorKind::kNotFound, "there is no nats-server on this machine")
                    .about("nats-server")
                    .advise("install it (apt-get install nats-server), or name servers that run"));
  }
  std::array<std::string, 10> words = {*program, "-js",
                                       "-sd",    (folder_ / "jetstream").string(),
                                       "-a",     "127.0.0.1",
                                       "-p",     std::to_string(port_),
                                       "-l",     (folder_ / "server.log").string()};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // A group of its own: a Ctrl-C is for sluice, which stops the server when it has ended its work.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int code =
      ::posix_spawn(&pid_, program->c_str(), nullptr, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (code != 0) return fail(errno_error(code, "start", *program));
  is_child_ = true;
  is_mine_ = true;
  TRY(write_record());
  return wait_until_it_listens();
}

Status EmbeddedServer::wait_until_it_listens() {
  const auto deadline = Clock::now() + kListenWait;
  while (true) {
    const bool has_ended = ::waitpid(pid_, nullptr, WNOHANG) != 0;
    if (!has_ended && is_listening()) return {};
    if (has_ended || Clock::now() >= deadline) {
      if (has_ended) pid_ = 0;
      return fail(
          Error(ErrorKind::kConflict,
                fmt::format("nats-server does not listen on 127.0.0.1:{}: {}", port_, last_words()))
              .about(fmt::format("127.0.0.1:{}", port_))
              .advise(fmt::format("see {}; nats://embedded:PORT is for another port",
                                  (folder_ / "server.log").string())));
    }
    std::this_thread::sleep_for(kStep);
  }
}

Result<std::unique_ptr<EmbeddedServer>> EmbeddedServer::start(const fs::path& state, int port) {
  std::unique_ptr<EmbeddedServer> out(new EmbeddedServer(fs::absolute(state) / "nats", port));
  TRY(make_folders(out->folder_));
  if (!out->take_over()) {
    TRY(out->launch());
  } else if (out->is_mine_) {
    TRY(out->write_record());
  }
  return out;
}

Status EmbeddedServer::revive() {
  if (is_child_ && pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = 0;
  if (pid_ != 0 && journal::process_identity(pid_).start_ticks != 0) return {};
  return launch();
}

EmbeddedServer::~EmbeddedServer() {
  if (!is_mine_ || pid_ == 0) return;
  const journal::ProcessIdentity server = journal::process_identity(pid_);
  ::kill(pid_, SIGTERM);
  const auto deadline = Clock::now() + kStopWait;
  const auto has_ended = [&] {
    return is_child_ ? ::waitpid(pid_, nullptr, WNOHANG) != 0 : !journal::is_alive(server);
  };
  while (!has_ended()) {
    if (Clock::now() >= deadline) {
      ::kill(pid_, SIGKILL);
      if (is_child_) ::waitpid(pid_, nullptr, 0);
      break;
    }
    std::this_thread::sleep_for(kStep);
  }
  std::error_code code;
  fs::remove(record(), code);
}

}  // namespace sluice::follow
