/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify - is this the certificate of a client that may call us?
 *
 * Crossplane gives its CA and everything that it signs one and the same subject,
 * and no key identifiers. OpenSSL's own verification takes such a leaf for
 * self-signed and refuses it, whatever the store holds. So the few questions that
 * matter are asked here, one by one.
 */
#ifndef SERVER_VERIFY_H
#define SERVER_VERIFY_H

#include <openssl/x509.h>

/*
 * verify_refusal() - why a client's certificate is not accepted
 * @pem: the leaf
 * @cas: any of them may have signed it; directly, there is nothing between
 *
 * Returns NULL when it is accepted, else a static sentence.
 */
const char *verify_refusal(const char *pem, const STACK_OF(X509) * cas);

#endif
