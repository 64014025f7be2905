// SPDX-License-Identifier: Apache-2.0

package kserve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/kmeta"
	"knative.dev/pkg/network"

	"github.com/kserve/kserve/pkg/apis/serving/v1alpha2"
)

// certificate is the Secret that KServe would make for a service, and keeps where it finds one. Its own
// has an RSA key of 4096 bits, which takes most of a second.
func certificate(service Service) (*corev1.Secret, error) {
	host := kmeta.ChildName(service.Name, "-kserve-workload-svc")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames: []string{"localhost", network.GetServiceHostname(host, service.Namespace),
			host + "." + service.Namespace + ".svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	owner := metav1.NewControllerRef(service, v1alpha2.LLMInferenceServiceGVK)
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:            kmeta.ChildName(service.Name, "-kserve-self-signed-certs"),
			Namespace:       service.Namespace,
			OwnerReferences: []metav1.OwnerReference{*owner},
		},
		Data: map[string][]byte{
			"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
			"ca.crt":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
			"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		},
	}, nil
}
