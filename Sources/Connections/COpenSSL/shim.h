#pragma once
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros only, which Swift does not see.

// For all sessions of a client: TLS 1.2 and up, no renegotiation; a write may be done in part, and gone on with from elsewhere;
// one read of the socket takes as much as there is.
static inline int tls_client_defaults(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
}

// The name in the first message, by which a server chooses its certificate (SNI).
static inline int tls_set_server_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name) == 1;
}

// What was written to a BIO in memory; it stays the BIO's.
static inline long tls_bio_text(BIO *bio, char **text) { return BIO_get_mem_data(bio, text); }

// A name of a certificate in one line, as RFC 2253 has it: all that is not printable ASCII is escaped.
static inline int tls_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
}
