// A nats-server of sluice's own: nats://embedded[:PORT], on the loopback device, its store in the
// state folder.
//
//   STATE/nats/jetstream    the store, kept from one command to the next
//   STATE/nats/server.log   what the server says
//   STATE/nats/server.json  which process it is, as long as it runs
//
// It runs as long as the command that started it. One whose command was killed runs on, and the
// next command takes it over.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "client/nats/server_place.h"

namespace sluice::follow {

// The port of nats://embedded[:PORT]; nullopt for other servers. Errors: kInvalid for no port.
Result<std::optional<int>> embedded_port(const std::string& servers);

class EmbeddedServer {
 public:
  // Starts one, or takes over the one that runs. Errors: kNotFound where there is no nats-server,
  // kConflict where it cannot listen.
  static Result<std::unique_ptr<EmbeddedServer>> start(const std::filesystem::path& state,
                                                       int port);
  // Stops it, by its process id, unless another command of sluice has it.
  ~EmbeddedServer();
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  nats::ServerPlace place() const;
  // Starts it again where it died.
  Status revive();

 private:
  EmbeddedServer(std::filesystem::path folder, int port)
      : folder_(std::move(folder)), port_(port) {}
  std::filesystem::path record() const { return folder_ / "server.json"; }
  Status launch();
  Status wait_until_it_listens();
  Status write_record() const;
  bool take_over();
  bool is_listening() const;
  std::string last_words() const;

  std::filesystem::path folder_;
  int port_;
  int pid_ = 0;
  bool is_child_ = false;
  bool is_mine_ = false;  // to stop
};

}  // namespace sluice::follow
