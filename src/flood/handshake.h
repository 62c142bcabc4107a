#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flood/message.h"
#include "flood/secret.h"

namespace herd::flood {

// Who a server is to its neighbours.
struct Identity {
  std::string herd;
  std::string name;
  std::vector<std::string> neighbours;
  Secret secret;
  std::string run;  // 16 hexadecimal digits, another each time the server starts
};

// How a link opens: both sides name themselves and prove that they know the herd's secret, by
// challenge and response; nothing of the secret is ever sent.
//
//   dialer                              acceptor
//   HERD 5 herd Hands Wilkes nonce run  ->
//                                       <-  HERD 5 herd Wilkes Hands nonce run
//   PROOF mac                           ->
//                                       <-  PROOF mac
//
// The MAC is over the prover's role, the herd, both names, both nonces and both runs, so that a
// proof is worth nothing on any other link, in the other direction or at another time. The dialer
// proves first: who does not know the secret learns no MAC from an acceptor.
//
// A machine without socket, clock or thread: lines go in, lines come out by the `out` that is
// passed. The owner bounds its time and the length of lines (kGreetingBytesMax).
class Handshake {
 public:
  enum class Role { kDialer, kAcceptor };

  enum class State {
    kGreeting,  // waiting for the neighbour's HERD
    kProving,   // waiting for the neighbour's PROOF
    kProved,    // acceptor: the neighbour has proved itself; Accept or Refuse it
    kOpen,      // both have proved themselves: the link is up
    kRefused,  // by us or by the neighbour: reason() says why. Close after sending what is in `out`
  };

  // `identity` outlives the handshake. `peer`: the neighbour to dial; empty for an acceptor, who
  // learns it. `nonce`: 32 random bytes or more in hexadecimal, never used before.
  Handshake(const Identity& identity, Role role, std::string peer, std::string nonce);

  // The dialer's first line; an acceptor sends nothing before it is greeted.
  void Start(std::string& out);

  // Takes one line without its LF. Nothing that comes after a refusal is looked at or answered.
  void Receive(std::string_view line, std::string& out);

  // Ends kProved. The neighbour is told the reason.
  void Accept(std::string& out);
  void Refuse(std::string_view reason, std::string& out);

  State state() const { return state_; }
  Role role() const { return role_; }
  // The neighbour's name, as it says before kProved and as it has proved from then on; empty before
  // an acceptor is greeted.
  const std::string& peer() const { return peer_; }
  // The neighbour's run, from kProved on.
  const std::string& peer_run() const { return peer_run_; }
  // Why kRefused, for the log: printable.
  const std::string& reason() const { return reason_; }
  bool refused_by_peer() const { return refused_by_peer_; }

 private:
  const Identity& identity_;
  const Role role_;
  State state_ = State::kGreeting;
  std::string peer_;
  const std::string nonce_;
  std::string peer_nonce_;
  std::string peer_run_;
  std::string reason_;
  bool refused_by_peer_ = false;

  // A stranger is `told` only what names neither the herd nor any server of it; the log has both.
  void RefuseStranger(std::string_view told, std::string_view untold, std::string& out);
  void ReceiveHello(const Hello& hello, std::string& out);
  void ReceiveProof(const Proof& proof, std::string& out);
  void SendHello(std::string& out) const;
  void SendProof(std::string& out) const;
  std::string MacOf(Role prover) const;
};

// The text cut to 160 bytes and shown by wire/shown.h: what a stranger sent, for a log line.
std::string Printable(std::string_view text);

}  // namespace herd::flood
