// SPDX-License-Identifier: Apache-2.0

package main

// What users declare, as far as the benchmark's requests have it.

type Metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	Labels            map[string]string `json:"labels"`
	CreationTimestamp string            `json:"creationTimestamp"`
	Generation        int64             `json:"generation"`
	OwnerReferences   []Owner           `json:"ownerReferences"`
}

type Owner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
}

type Condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

type Status struct {
	Conditions         []Condition `json:"conditions"`
	ObservedGeneration int64       `json:"observedGeneration"`
	URL                string      `json:"url"`
	ReadyReplicas      int64       `json:"readyReplicas"`
}

type Selector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type Deployment struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       struct {
		ModelRef struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"modelRef"`
		EnvironmentSelector Selector `json:"environmentSelector"`
		Scaling             struct {
			Fixed struct {
				Replicas int64 `json:"replicas"`
			} `json:"fixed"`
		} `json:"scaling"`
		Priority int64 `json:"priority"`
	} `json:"spec"`
}

type Model struct {
	Spec struct {
		Model struct {
			Name string `json:"name"`
		} `json:"model"`
		HuggingFace struct {
			Repo     string `json:"repo"`
			Revision string `json:"revision"`
		} `json:"huggingFace"`
		Resources struct {
			CPU    string `json:"cpu"`
			Memory string `json:"memory"`
		} `json:"resources"`
		Serving []Serving `json:"serving"`
	} `json:"spec"`
}

type Serving struct {
	Name   string `json:"name"`
	Engine struct {
		Image string   `json:"image"`
		Args  []string `json:"args"`
	} `json:"engine"`
	ReplicaTopology struct {
		Nodes       int64 `json:"nodes"`
		GPUsPerNode int64 `json:"gpusPerNode"`
		Requires    struct {
			MemoryPerGPU     string   `json:"memoryPerGpu"`
			Interconnect     string   `json:"interconnect"`
			PrecisionSupport []string `json:"precisionSupport"`
		} `json:"requires"`
	} `json:"replicaTopology"`
}

type Environment struct {
	Metadata Metadata `json:"metadata"`
	Spec     struct {
		NodePools []Pool `json:"nodePools"`
	} `json:"spec"`
	Status Status `json:"status"`
}

type Pool struct {
	Name             string            `json:"name"`
	AcceleratorType  string            `json:"acceleratorType"`
	AcceleratorCount int64             `json:"acceleratorCount"`
	MaxNodeCount     int64             `json:"maxNodeCount"`
	NodeSelector     map[string]string `json:"nodeSelector"`
	Capabilities     struct {
		MemoryPerGPU     string   `json:"memoryPerGpu"`
		Interconnect     string   `json:"interconnect"`
		PrecisionSupport []string `json:"precisionSupport"`
	} `json:"capabilities"`
	MIGConfiguration struct {
		Profile string `json:"profile"`
	} `json:"migConfiguration"`
	Sharing struct {
		Replicas int64 `json:"replicas"`
	} `json:"sharing"`
	CostPerUnitHour string `json:"costPerUnitHour"`
}

type GPUReservation struct {
	Metadata Metadata `json:"metadata"`
	Spec     struct {
		Environment    string `json:"environment"`
		Pool           string `json:"pool"`
		MIGProfile     string `json:"migProfile"`
		ServingProfile string `json:"servingProfile"`
		Nodes          int64  `json:"nodes"`
		UnitsPerNode   int64  `json:"unitsPerNode"`
		Reserved       int64  `json:"reserved"`
		Used           int64  `json:"used"`
		Served         bool   `json:"served"`
		Priority       int64  `json:"priority"`
	} `json:"spec"`
}

type Service struct {
	Metadata Metadata `json:"metadata"`
	Status   Status   `json:"status"`
}

// Inputs are what a decision depends on; what the request does not have is nil.
type Inputs struct {
	deployment   Deployment
	model        *Model
	environments []Environment // the whole fleet
	own          []Environment // those that are held
	reservations []GPUReservation
	held         *GPUReservation // one's own reservation
	service      *Service        // and service, as observed
}
