#include "flood/handshake.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <variant>

#include "wire/shown.h"

namespace herd::flood {
namespace {

constexpr std::size_t kNonceDigitsMin = 64;
constexpr std::size_t kRunDigits = 16;
constexpr std::size_t kPrintableBytesMax = 160;

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool IsNonce(std::string_view text) {
  return text.size() >= kNonceDigitsMin && IsHex(text);
}

bool IsRun(std::string_view text) {
  return text.size() == kRunDigits && IsHex(text);
}

}  // namespace

std::string Printable(std::string_view text) {
  return wire::Shown(text.substr(0, kPrintableBytesMax));
}

Handshake::Handshake(const Identity& identity, Role role, std::string peer, std::string nonce)
    : identity_(identity), role_(role), peer_(std::move(peer)), nonce_(std::move(nonce)) {}

void Handshake::Start(std::string& out) {
  if (role_ == Role::kDialer) SendHello(out);
}

void Handshake::Receive(std::string_view line, std::string& out) {
  if (state_ == State::kRefused) return;
  const Message message = ParseMessage(line);
  if (const auto* refused = std::get_if<Refused>(&message)) {
    state_ = State::kRefused;
    refused_by_peer_ = true;
    reason_ = Printable(refused->reason);
  } else if (const auto* hello = std::get_if<Hello>(&message);
             hello != nullptr && state_ == State::kGreeting) {
    ReceiveHello(*hello, out);
  } else if (const auto* proof = std::get_if<Proof>(&message);
             proof != nullptr && state_ == State::kProving) {
    ReceiveProof(*proof, out);
  } else {
    RefuseStranger("not a message that may come now", ": " + Printable(line), out);
  }
}

void Handshake::ReceiveHello(const Hello& hello, std::string& out) {
  if (hello.version != kVersion) {
    return Refuse(
        "version " + Printable(hello.version) + ", this server speaks " + std::string(kVersion),
        out);
  }
  if (hello.herd != identity_.herd) {
    return RefuseStranger("another herd",
                          ": " + Printable(hello.herd) + ", this server is of " + identity_.herd,
                          out);
  }
  if (hello.to != identity_.name) {
    return RefuseStranger(
        "another server is here",
        ": looks for " + Printable(hello.to) + ", this server is " + identity_.name, out);
  }
  if (std::ranges::find(identity_.neighbours, hello.from) == identity_.neighbours.end()) {
    return RefuseStranger("no neighbour",
                          ": " + Printable(hello.from) + " is none of " + identity_.name, out);
  }
  if (role_ == Role::kDialer && hello.from != peer_) {
    return RefuseStranger(
        "another server was dialled",
        ": answered as " + Printable(hello.from) + " where " + peer_ + " was dialled", out);
  }
  if (!IsRun(hello.run)) return Refuse("the run is not 16 hexadecimal digits", out);
  if (!IsNonce(hello.nonce)) return Refuse("the nonce is not 64 or more hexadecimal digits", out);
  peer_ = hello.from;
  peer_nonce_ = hello.nonce;
  peer_run_ = hello.run;
  state_ = State::kProving;
  if (role_ == Role::kDialer) {
    SendProof(out);
  } else {
    SendHello(out);
  }
}

void Handshake::ReceiveProof(const Proof& proof, std::string& out) {
  const Role prover = role_ == Role::kDialer ? Role::kAcceptor : Role::kDialer;
  if (!EqualInConstantTime(proof.mac, MacOf(prover)))
    return Refuse("the secret is another one", out);
  state_ = role_ == Role::kDialer ? State::kOpen : State::kProved;
}

void Handshake::Accept(std::string& out) {
  SendProof(out);
  state_ = State::kOpen;
}

void Handshake::Refuse(std::string_view reason, std::string& out) {
  RefuseStranger(reason, "", out);
}

void Handshake::RefuseStranger(std::string_view told, std::string_view untold, std::string& out) {
  reason_.assign(told).append(untold);
  state_ = State::kRefused;
  Append(out, Refused{told});
}

void Handshake::SendHello(std::string& out) const {
  Append(out, Hello{.version = kVersion,
                    .herd = identity_.herd,
                    .from = identity_.name,
                    .to = peer_,
                    .nonce = nonce_,
                    .run = identity_.run});
}

void Handshake::SendProof(std::string& out) const {
  const std::string mac = MacOf(role_);
  Append(out, Proof{mac});
}

std::string Handshake::MacOf(Role prover) const {
  const bool dialing = role_ == Role::kDialer;
  const std::array<std::string_view, 10> parts{
      "herd-link",
      kVersion,
      prover == Role::kDialer ? "dialer" : "acceptor",
      identity_.herd,
      dialing ? identity_.name : peer_,
      dialing ? peer_ : identity_.name,
      dialing ? nonce_ : peer_nonce_,
      dialing ? peer_nonce_ : nonce_,
      dialing ? identity_.run : peer_run_,
      dialing ? peer_run_ : identity_.run,
  };
  return identity_.secret.Mac(parts);
}

}  // namespace herd::flood
