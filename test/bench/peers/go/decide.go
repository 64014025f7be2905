// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

const gi = int64(1) << 30

// GPU is what the catalogue knows: memory, and slices of each MIG profile.
type GPU struct {
	memory int64
	slices map[string]int64
}

var catalogue = map[string]GPU{
	"nvidia-h100-80gb":  {80 * gi, map[string]int64{"3g.40gb": 2, "1g.10gb": 7}},
	"nvidia-a100-80gb":  {80 * gi, map[string]int64{"3g.40gb": 2, "1g.10gb": 7}},
	"nvidia-tesla-a100": {40 * gi, map[string]int64{"3g.20gb": 2, "1g.5gb": 7}},
	"nvidia-l4":         {24 * gi, nil},
}

var ranks = map[string]int{"none": 1, "pcie": 2, "nvlink": 3, "nvswitch": 4}

const (
	ledgerAPI = "gpuplacement.fn.crossplane.io/v1alpha1"
	anchor    = "gpuplacement-watch-anchor-which-nobody-uses"
)

// Reservation is what somebody holds of a pool.
type Reservation struct {
	namespace, deployment               string
	environment, pool, profile          string
	nodes, unitsPerNode, reserved, used int64
	priority                            int64
	served                              bool
}

// Place is a pool that units are taken from.
type Place struct {
	environment *Environment
	pool        *Pool
	index       int
	profile     string
	memory      int64
	perNode     int64
}

type key struct{ environment, pool, profile string }

// Choice is the best place of an environment.
type Choice struct {
	Place
	serving   *Serving
	rank      int
	leftOver  int64
	freeAfter int64
	cost      resource.Quantity
}

func number(text string, otherwise int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

func bytesOf(quantity string) int64 {
	q, err := resource.ParseQuantity(quantity)
	if err != nil {
		return 0
	}
	return q.Value()
}

// profileMemory is 40 Gi for 3g.40gb.
func profileMemory(profile string) int64 {
	_, size, _ := strings.Cut(profile, ".")
	return number(strings.TrimSuffix(size, "gb"), 0) * gi
}

func reservationOf(c *GPUReservation, d *Deployment) (Reservation, bool) {
	group, _, _ := strings.Cut(d.APIVersion, "/")
	for _, owner := range c.Metadata.OwnerReferences {
		if !owner.Controller || owner.Kind != d.Kind || !strings.HasPrefix(owner.APIVersion, group+"/") {
			continue
		}
		return Reservation{
			namespace:    c.Metadata.Namespace,
			deployment:   owner.Name,
			environment:  c.Spec.Environment,
			pool:         c.Spec.Pool,
			profile:      c.Spec.MIGProfile,
			nodes:        c.Spec.Nodes,
			unitsPerNode: c.Spec.UnitsPerNode,
			reserved:     c.Spec.Reserved,
			used:         c.Spec.Used,
			served:       c.Spec.Served,
			priority:     c.Spec.Priority,
		}, c.Spec.Environment != "" && c.Spec.Pool != ""
	}
	return Reservation{}, false
}

func placeOf(e *Environment, index int) (Place, bool) {
	pool := &e.Spec.NodePools[index]
	gpu, known := catalogue[pool.AcceleratorType]
	if !known {
		return Place{}, false
	}
	p := Place{environment: e, pool: pool, index: index, profile: pool.MIGConfiguration.Profile, perNode: pool.AcceleratorCount}
	p.memory = bytesOf(pool.Capabilities.MemoryPerGPU)
	if p.profile != "" {
		n, has := gpu.slices[p.profile]
		if !has {
			return Place{}, false
		}
		p.perNode *= n
		p.memory = min(p.memory, profileMemory(p.profile))
	}
	if pool.Sharing.Replicas > 1 {
		p.perNode *= pool.Sharing.Replicas
	}
	return p, true
}

func (p *Place) key() key { return key{p.environment.Metadata.Name, p.pool.Name, p.profile} }

func selects(selector Selector, labels map[string]string) bool {
	for k, v := range selector.MatchLabels {
		if labels[k] != v {
			return false
		}
	}
	return true
}

func isReady(conditions []Condition, otherwise bool) bool {
	for _, c := range conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return otherwise
}

func matches(d *Deployment, s *Serving, p *Place) bool {
	requires, offers := &s.ReplicaTopology.Requires, &p.pool.Capabilities
	if !isReady(p.environment.Status.Conditions, true) || !selects(d.Spec.EnvironmentSelector, p.environment.Metadata.Labels) {
		return false
	}
	if p.memory < bytesOf(requires.MemoryPerGPU) {
		return false
	}
	for _, format := range requires.PrecisionSupport {
		if !slices.Contains(offers.PrecisionSupport, format) {
			return false
		}
	}
	if ranks[offers.Interconnect] < ranks[requires.Interconnect] {
		return false
	}
	if p.pool.MaxNodeCount < s.ReplicaTopology.Nodes || p.perNode < s.ReplicaTopology.GPUsPerNode {
		return false
	}
	return s.ReplicaTopology.GPUsPerNode <= 1 || p.profile == "" && p.pool.Sharing.Replicas <= 1
}

// seatReplicas puts each on its lowest nodes with room and returns how many found it.
func seatReplicas(free []int64, r *Reservation, count int64) int64 {
	for n := range count {
		var found []int
		for i := 0; i < len(free) && int64(len(found)) < r.nodes; i++ {
			if free[i] >= r.unitsPerNode {
				found = append(found, i)
			}
		}
		if int64(len(found)) < r.nodes {
			return n
		}
		for _, i := range found {
			free[i] -= r.unitsPerNode
		}
	}
	return count
}

// room seats everybody and says whether all have a seat, and what is free then.
func room(p *Place, others []Reservation, mine Reservation) (bool, int64) {
	all := append(slices.Clone(others), mine)
	free := make([]int64, p.pool.MaxNodeCount)
	for i := range free {
		free[i] = p.perNode
	}
	fits := true
	names := func(a, b Reservation) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.deployment, b.deployment))
	}
	slices.SortFunc(all, func(a, b Reservation) int {
		if (a.nodes > 1) != (b.nodes > 1) {
			return cmp.Compare(b.nodes, a.nodes)
		}
		return cmp.Or(cmp.Compare(b.unitsPerNode, a.unitsPerNode), names(a, b))
	})
	for i := range all {
		fits = seatReplicas(free, &all[i], all[i].used) == all[i].used && fits
	}
	slices.SortFunc(all, func(a, b Reservation) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), names(a, b))
	})
	for i := range all {
		waiting := all[i].reserved - all[i].used
		fits = seatReplicas(free, &all[i], waiting) == waiting && fits
	}
	var left int64
	for _, units := range free {
		left += units
	}
	return fits, left
}

func compareFit(a, b *Choice) int {
	return cmp.Or(cmp.Compare(a.leftOver, b.leftOver), a.cost.Cmp(b.cost), cmp.Compare(a.freeAfter, b.freeAfter))
}

// chooseIn takes the first serving profile with room, and its best pool.
func chooseIn(in *Inputs, e *Environment, ledger map[key][]Reservation) *Choice {
	d := &in.deployment
	for rank := range in.model.Spec.Serving {
		serving := &in.model.Spec.Serving[rank]
		var best *Choice
		for i := range e.Spec.NodePools {
			p, ok := placeOf(e, i)
			if !ok || !matches(d, serving, &p) {
				continue
			}
			fits, free := room(&p, ledger[p.key()], newReservation(d, serving))
			if !fits {
				continue
			}
			cost, err := resource.ParseQuantity(p.pool.CostPerUnitHour)
			if err != nil {
				continue
			}
			c := &Choice{Place: p, serving: serving, rank: rank, cost: cost, freeAfter: free,
				leftOver: p.memory - bytesOf(serving.ReplicaTopology.Requires.MemoryPerGPU)}
			if best == nil || compareFit(c, best) < 0 {
				best = c
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

func newReservation(d *Deployment, s *Serving) Reservation {
	return Reservation{
		namespace: d.Metadata.Namespace, deployment: d.Metadata.Name,
		nodes: s.ReplicaTopology.Nodes, unitsPerNode: s.ReplicaTopology.GPUsPerNode,
		reserved: d.Spec.Scaling.Fixed.Replicas, priority: d.Spec.Priority,
	}
}

func choose(in *Inputs) *Choice {
	ledger := map[key][]Reservation{}
	for i := range in.reservations {
		r, ok := reservationOf(&in.reservations[i], &in.deployment)
		if !ok || r.namespace == in.deployment.Metadata.Namespace && r.deployment == in.deployment.Metadata.Name {
			continue
		}
		k := key{r.environment, r.pool, r.profile}
		ledger[k] = append(ledger[k], r)
	}
	var best *Choice
	for i := range in.environments {
		c := chooseIn(in, &in.environments[i], ledger)
		if c == nil {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(c.rank, best.rank), compareFit(c, best), cmp.Compare(c.profile, best.profile),
			cmp.Compare(c.environment.Metadata.Name, best.environment.Metadata.Name)) < 0 {
			best = c
		}
	}
	return best
}

// keep is the assignment that is held, while its pool still serves the model.
func keep(in *Inputs) *Choice {
	r, ok := reservationOf(in.held, &in.deployment)
	if !ok {
		return nil
	}
	for e := range in.own {
		for i := range in.own[e].Spec.NodePools {
			p, ok := placeOf(&in.own[e], i)
			if !ok || p.key() != (key{r.environment, r.pool, r.profile}) {
				continue
			}
			for rank := range in.model.Spec.Serving {
				s := &in.model.Spec.Serving[rank]
				if s.Name == in.held.Spec.ServingProfile && matches(&in.deployment, s, &p) {
					return &Choice{Place: p, serving: s, rank: rank}
				}
			}
		}
	}
	return nil
}

// decide says where the deployment runs, and what is told and composed for that.
func decide(in *Inputs) *Outputs {
	d := &in.deployment
	out := &Outputs{ttl: 60, requirements: map[string]*fnv1.ResourceSelector{
		"model":              byName(d.APIVersion, d.Spec.ModelRef.Kind, d.Spec.ModelRef.Name, ""),
		"watch-anchor":       byName(ledgerAPI, "GPUReservation", anchor, d.Metadata.Namespace),
		"watch-anchor-pools": byName(ledgerAPI, "GPUPool", anchor, ""),
	}}
	var choice *Choice
	var used int64
	settled, served := false, false
	if in.held != nil {
		r, _ := reservationOf(in.held, d)
		out.requirements["environment-"+r.environment] = byName(d.APIVersion, "InferenceEnvironment", r.environment, "")
		used, served = r.used, r.served
		settled = r.used == r.reserved && r.reserved == d.Spec.Scaling.Fixed.Replicas
	}
	if !settled {
		out.requirements["environments"] = byLabels(d.APIVersion, "InferenceEnvironment", nil)
		out.requirements["reservations"] = byLabels(ledgerAPI, "GPUReservation", nil)
	}
	switch {
	case in.model == nil:
		out.conditions = []Told{{"Scheduled", false, "WaitingForInputs", "Waiting for Crossplane to send what was asked for"}}
		return out
	case in.held != nil:
		choice = keep(in)
	default:
		choice = choose(in)
	}
	if choice == nil {
		out.conditions = []Told{{"Scheduled", false, "NoMatchingPool", "no pool fits"}}
		return out
	}
	if settled {
		out.ttl = 300
	}
	compose(in, out, choice, used, served)
	return out
}
